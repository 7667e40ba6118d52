// What is no HTTP, or only half of it.
import { host, post, type Shape } from './shape.ts';

export function malformed(): Shape[] {
  const none = [400];
  const lines: readonly (readonly [string, string])[] = [
    ['the version 1.2', 'GET /healthz HTTP/1.2'],
    ['a long version', `GET /healthz HTTP/1.${'1'.repeat(100)}`],
    ['another protocol', 'GET /healthz ICE/1.0'],
    ['no target', 'GET HTTP/1.1'],
    ['NUL in the target', 'GET /health\u0000z HTTP/1.1'],
    ['a blank in the target', 'GET /health z HTTP/1.1'],
    ['an unknown method', 'FOO /healthz HTTP/1.1'],
    ['a method in lower case', 'get /healthz HTTP/1.1'],
    ['a long method', `${'A'.repeat(10_000)} /healthz HTTP/1.1`],
    ['HTTP/2', 'PRI * HTTP/2.0'],
  ];
  const headers = [
    '',
    ':',
    ': x',
    'x',
    'x y: z',
    'x\u0000: y',
    'x: \u0000',
    'x: \u0001',
    '\u007f: x',
    'x(: y',
    `${host}b`,
    'é: x',
  ];
  return [
    ...lines.map(([what, line]) => ({ what, bytes: `${line}\r\n${host}\r\n\r\n`, statuses: none })),
    ...headers.map((header) => ({
      what: `the header line ${JSON.stringify(header)}`,
      bytes: `GET /healthz HTTP/1.1\r\n${header}\r\n${host}\r\n\r\n`,
      // An empty line ends the headers: there is no host, and garbage after it.
      most: 2,
    })),
    // Older and newer versions are taken for ours, and a blank more for none.
    ...[
      'GET /healthz',
      'GET /healthz HTTP/0.9',
      'GET /healthz HTTP/1.0',
      'GET /healthz HTTP/2.0',
      'GET  /healthz  HTTP/1.1',
    ].map((line) => ({ what: `the line ${line}`, bytes: `${line}\r\n${host}\r\n\r\n` })),
    { what: 'no host', bytes: 'GET /healthz HTTP/1.1\r\n\r\n', statuses: none },
    { what: 'TLS', bytes: Buffer.from('16030100a5010000a10303', 'hex'), statuses: none },
    { what: 'nothing', bytes: '', statuses: [] },
    { what: 'empty lines', bytes: '\r\n'.repeat(1_000), statuses: [] },
    { what: 'NULs', bytes: Buffer.alloc(10_000), statuses: none },
    { what: 'text', bytes: 'Hello?\n'.repeat(100), statuses: none },
    { what: 'half a request line', bytes: 'GET /hea', isLeftOpen: true, statuses: [408] },
    { what: 'half a header', bytes: `GET /healthz HTTP/1.1\r\n${host}`, isLeftOpen: true, statuses: [408] },
    {
      what: 'half a body',
      bytes: post(['Content-Type: application/json', 'Content-Length: 100'], '{'),
      isLeftOpen: true,
      statuses: [408],
    },
    {
      what: 'half a chunk',
      bytes: post(['Content-Type: application/json', 'Transfer-Encoding: chunked'], '5\r\n{'),
      isLeftOpen: true,
      statuses: [408],
    },
  ];
}
