// What two parsers in a row may read differently.
import { host, post, target, type Shape } from './shape.ts';

/** RFC 9112 §11.2: what is one request to one and two to another is none. */
export function smuggled(): Shape[] {
  const inner = `GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`;
  const chunked = `0\r\n\r\n${inner}`;
  const type = 'Content-Type: application/json';
  const length = (bytes: number | string): string => `Content-Length: ${String(bytes)}`;
  const encoding = (value: string): string => `Transfer-Encoding:${value}`;
  const headers: readonly (readonly string[])[] = [
    [length(chunked.length), encoding(' chunked')],
    [encoding(' chunked'), length(4)],
    [length(4), length(chunked.length)],
    [length(`4, ${String(chunked.length)}`)],
    [length('+4')],
    [length('-1')],
    [length('0x4')],
    [length('4 4')],
    [length('1e1')],
    [length('99999999999999999999999')],
    [length('')],
    [encoding(' xchunked')],
    [encoding(' chunked, identity')],
    [encoding(' identity, chunked'), length(4)],
    [encoding(' \u000bchunked'), length(4)],
    [encoding('\u0000chunked'), length(4)],
    [encoding(' chunked'), encoding(' x')],
    ['Transfer-Encoding : chunked', length(4)],
    [' Transfer-Encoding: chunked', length(4)],
    ['X: y\r\n Transfer-Encoding: chunked', length(4)],
    ['X: y\nTransfer-Encoding: chunked', length(4)],
    ['X: y\rTransfer-Encoding: chunked', length(4)],
    ['Transfer\u0000-Encoding: chunked', length(4)],
  ];
  const lines = ['\n', '\r', '\r\r\n', '\u0000\r\n'];
  const chunks = ['-1', '0x4', 'FFFFFFFFFFFFFFFFF', ' 4', '4\n', '4;\n', 'g', '', '4;a="\r'];
  return [
    ...headers.map((some) => ({
      what: `smuggling: ${some.join(' | ')}`,
      bytes: post([type, ...some], chunked),
      statuses: [400],
    })),
    ...lines.map((end) => ({
      what: `lines that end with ${JSON.stringify(end)}`,
      bytes: [`POST ${target} HTTP/1.1`, host, type, length(0), '', inner].join(end),
      statuses: [400],
    })),
    ...chunks.map((size) => ({
      what: `a chunk of the size ${JSON.stringify(size)}`,
      bytes: post([type, encoding(' chunked')], `${size}\r\n{}{}\r\n0\r\n\r\n${inner}`),
      statuses: [400],
    })),
    {
      what: 'chunks with extensions',
      bytes: post([type, encoding(' chunked')], `2;a=b\r\n{}\r\n0;c\r\n\r\n`),
      statuses: [401],
    },
    {
      what: 'chunks with a trailer',
      bytes: post([type, encoding(' chunked')], `2\r\n{}\r\n0\r\nX: y\r\n\r\n`),
      statuses: [401],
    },
    {
      what: 'a chunk without its end',
      bytes: post([type, encoding(' chunked')], `2\r\n{}XX0\r\n\r\n`),
      statuses: [400],
    },
    {
      what: 'extensions without end',
      bytes: post([type, encoding(' chunked')], `2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`),
    },
  ];
}
