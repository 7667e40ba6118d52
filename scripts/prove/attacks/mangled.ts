// Well-formed requests with bytes changed at random, as many as wanted.
import { pick } from '../part.ts';
import { jsonPost, type Shape } from './shape.ts';

const requests = [
  jsonPost('{"refreshToken":"any.hostile.token"}', ['Accept: */*', 'Connection: close']),
  Buffer.from(
    'PATCH /fib/auth/api/v1/authentication-management/session HTTP/1.1\r\nHost: a\r\nAuthorization: a.b.c\r\n\r\n',
  ),
  Buffer.from('GET /jwks/fib.json HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n'),
  Buffer.from(
    'POST /cloudreve/api/v4/session/token/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n{"refresh_token":"a.b"}\r\n0\r\n\r\n',
  ),
];

const pieces = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '/',
  '?',
  '#',
  '%',
  '"',
  '{',
  '0',
  '-1',
  '\xff',
  '\ufeff',
  'x'.repeat(5_000),
];

/** @param random decides; the same one mangles in the same way */
export function mangled(count: number, random: () => number): readonly Shape[] {
  return Array.from({ length: count }, (_, index) => {
    let bytes: Uint8Array = pick(requests, random);
    for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) bytes = change(bytes, random);
    // What the change makes of one request may be several.
    return { what: `mangled request ${String(index)}`, bytes, most: 10 };
  });
}

function change(bytes: Uint8Array, random: () => number): Uint8Array {
  const from = Math.floor(random() * bytes.length);
  const to = Math.min(bytes.length, from + Math.floor(random() * random() * 40));
  const [before, middle, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
  switch (Math.floor(random() * 5)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, middle, middle, after]);
    case 2:
      return Buffer.concat([before, Buffer.from(pick(pieces, random), 'latin1'), after]);
    case 3:
      return Buffer.concat([before, middle.map((byte) => byte ^ (1 << Math.floor(random() * 8))), after]);
    default:
      return Buffer.concat([before, Buffer.from(pick(pieces, random), 'latin1'), middle, after]);
  }
}
