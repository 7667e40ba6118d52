// What is too large, on the wire or once it is unpacked.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { host, json, jsonPost, post, type Shape } from './shape.ts';

export function oversized(): Shape[] {
  const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${host}\r\n${more}\r\n`;
  const large = 'x'.repeat(20_000);
  const huge = 'x'.repeat(1_000_000);
  return [
    { what: 'a long target', bytes: get(`/${large}`), statuses: [431] },
    { what: 'a very long target', bytes: get(`/${huge}`), statuses: [431] },
    { what: 'a long query', bytes: get(`/healthz?${large}`), statuses: [431] },
    { what: 'a long header', bytes: get('/healthz', `X: ${large}\r\n`), statuses: [431] },
    { what: 'a very long header', bytes: get('/healthz', `X: ${huge}\r\n`), statuses: [431] },
    { what: 'a long name of a header', bytes: get('/healthz', `${large}: x\r\n`), statuses: [431] },
    { what: 'many headers', bytes: get('/healthz', 'X: y\r\n'.repeat(10_000)), statuses: [431] },
    { what: 'many cookies', bytes: get('/healthz', `Cookie: ${'a=b; '.repeat(3_000)}\r\n`) },
    { what: 'a body above the limit', bytes: jsonPost(`{"refreshToken":"${large}"}`), statuses: [413] },
    { what: 'a body far above the limit', bytes: jsonPost(`{"refreshToken":"${huge}"}`), statuses: [413] },
    {
      what: 'a body above the limit in chunks',
      bytes: post(
        ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
        `${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`,
      ),
      statuses: [413],
    },
    {
      what: 'a chunk far above the limit',
      bytes: post(['Content-Type: application/json', 'Transfer-Encoding: chunked'], `f4240\r\n${huge}\r\n0\r\n\r\n`),
      statuses: [413],
    },
    {
      what: 'a length that no body has',
      bytes: post(['Content-Type: application/json', 'Content-Length: 9007199254740991'], '{'),
      // What is too large is read off to its end before it is answered, and this one has none.
      isLeftOpen: true,
      statuses: [408],
    },
    {
      what: 'a large trailer',
      bytes: post(['Content-Type: application/json', 'Transfer-Encoding: chunked'], `0\r\nX: ${huge}\r\n\r\n`),
    },
  ];
}

/** Small on the wire, and 20 MB once unpacked. */
export function compressed(): Shape[] {
  const bomb = Buffer.alloc(20_000_000, ' ');
  const gzip = gzipSync(bomb);
  const coded = (coding: string, body: string | Uint8Array): Uint8Array =>
    jsonPost(body, [`Content-Encoding: ${coding}`]);
  return [
    { what: 'a bomb of gzip', bytes: coded('gzip', gzip), statuses: [413] },
    { what: 'a bomb of deflate', bytes: coded('deflate', deflateSync(bomb)), statuses: [413] },
    { what: 'a bomb of brotli', bytes: coded('br', brotliCompressSync(bomb)), statuses: [413] },
    { what: 'a bomb in a bomb', bytes: coded('gzip, gzip', gzipSync(gzip)), statuses: [415] },
    {
      what: 'many bombs in a row',
      bytes: coded('gzip', Buffer.concat(Array.from({ length: 20 }, () => gzipSync(bomb.subarray(0, 5_000))))),
    },
    { what: 'half of gzip', bytes: coded('gzip', gzip.subarray(0, 100)) },
    { what: 'gzip that is none', bytes: coded('gzip', json), statuses: [401] },
    { what: 'deflate without its head', bytes: coded('deflate', deflateRawSync(json)), statuses: [401] },
    { what: 'brotli that is none', bytes: coded('br', json), statuses: [401] },
    { what: 'an encoding that nobody knows', bytes: coded('zstd, x', json), statuses: [415] },
    { what: 'an encoding without a name', bytes: coded('', json) },
    { what: 'an encoding of a prototype', bytes: coded('__proto__', json), statuses: [415] },
  ];
}
