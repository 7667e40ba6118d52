// Well-formed requests with bytes changed at random.
import { pick } from '../../../test/shared/random.ts';
import { jsonPost, type Shape } from '../../../test/shared/hostile/requests.ts';

const requests = [
  jsonPost('{"refreshToken":"any.hostile.token"}', 'Accept: */*', 'Connection: close'),
  'PATCH /fib/auth/api/v1/authentication-management/session HTTP/1.1\r\nHost: a\r\nAuthorization: a.b.c\r\n\r\n',
  'GET /jwks/fib.json HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n',
  `POST /cloudreve/api/v4/session/token/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n16\r\n{"refresh_token":"a.b"}\r\n0\r\n\r\n`,
].map((request) => Buffer.from(request));

const pieces = [...Array.from('\r\n\0 \t:;,/?#%"{0\xff\ufeff'), '\r\n', '\r\n\r\n', '-1', 'x'.repeat(5_000)];

export function mangledRequests(count: number, random: () => number): readonly Shape[] {
  return Array.from({ length: count }, (_, index) => {
    let bytes: Uint8Array = pick(requests, random);
    for (let times = 1 + Math.floor(random() * 4); times > 0; times -= 1) bytes = change(bytes, random);
    // A change may turn one request into several.
    return { what: `mangled request ${index}`, bytes, most: 10 };
  });
}

function change(bytes: Uint8Array, random: () => number): Uint8Array {
  const from = Math.floor(random() * bytes.length);
  const to = Math.min(bytes.length, from + Math.floor(random() * random() * 40));
  const middle = bytes.subarray(from, to);
  const piece = Buffer.from(pick(pieces, random), 'latin1');
  const flipped = middle.map((byte) => byte ^ (1 << Math.floor(random() * 8)));
  const replacement = pick([[], [middle, middle], [piece], [flipped], [piece, middle]], random);
  return Buffer.concat([bytes.subarray(0, from), ...replacement, bytes.subarray(to)]);
}
