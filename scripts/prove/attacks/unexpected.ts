// What is HTTP, and nothing that an operation is for: other bodies, media types, methods and targets.
import { host, json, jsonPost, post, target, type Shape } from './shape.ts';

export function bodies(): Shape[] {
  const texts: readonly (string | Uint8Array)[] = [
    ...[
      '',
      ' ',
      '{',
      '}',
      '[]',
      'null',
      '0',
      '"x"',
      '{"refreshToken":',
      '{"a":1}{}',
      '{"refreshToken":"a","refreshToken":1}',
    ],
    ...[
      '{"__proto__":{"refreshToken":"x"}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"refreshToken":{"toString":1}}',
    ],
    ...[
      '['.repeat(16_000),
      '{"a":'.repeat(3_000),
      `[${'1,'.repeat(8_000)}1]`,
      `{"refreshToken":${'9'.repeat(10_000)}}`,
    ],
    ...[
      '{"refreshToken":"\\ud800"}',
      '{"refreshToken":"\\u0000"}',
      '{"refreshToken":1e400}',
      '{"refreshToken":[["a"]]}',
      '\ufeff{}',
    ],
    ...[
      Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.alloc(1_000),
    ],
  ];
  const types = [
    ...[
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'x',
      '',
      '/',
      ';',
    ],
    ...[
      'application/json; charset=utf-7',
      'application/json; charset=utf-16',
      'application/json; charset=x',
      'application/json;',
    ],
    ...[
      `application/json; ${'a=b; '.repeat(2_000)}`,
      'application/json, text/html',
      '__proto__/json',
      'application/json\t;charset="',
    ],
  ];
  return [
    ...texts.map((text) => ({
      what: `the body ${Buffer.from(text).toString().slice(0, 40)}`,
      bytes: jsonPost(text),
      statuses: [401],
    })),
    ...types.map((type) => ({
      what: `the media type ${type.slice(0, 60)}`,
      bytes: post([`Content-Type: ${type}`, `Content-Length: ${String(json.length)}`], json),
    })),
    { what: 'two media types', bytes: jsonPost(json, ['Content-Type: text/plain']), statuses: [401] },
    {
      what: 'a body with GET',
      bytes: `GET /healthz HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\n\r\nhello`,
      statuses: [200],
    },
    { what: 'an expectation', bytes: jsonPost(json, ['Expect: 100-continue']), statuses: [100, 401], most: 2 },
    { what: 'an expectation of its own', bytes: jsonPost(json, ['Expect: the-unexpected']), statuses: [401] },
    { what: 'an upgrade', bytes: jsonPost(json, ['Connection: upgrade', 'Upgrade: h2c, websocket']) },
  ];
}

export function methods(): Shape[] {
  const line = (method: string, path: string): string => `${method} ${path} HTTP/1.1\r\n${host}\r\n\r\n`;
  const known = [
    'GET',
    'HEAD',
    'PUT',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PATCH',
    'PROPFIND',
    'PURGE',
    'QUERY',
    'M-SEARCH',
    'UNLOCK',
  ];
  const paths = [
    ...[
      '/',
      '//',
      '/..',
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/xerial/..%2f..',
      '/%',
      '/%zz',
      '/%ff',
      '/%00',
      '/\\',
    ],
    ...[
      '/é',
      '/%F0%9F%9A%80',
      `${target}/`,
      target.toUpperCase(),
      `${target}?a=1&a=2&a[b]=c`,
      `/;${target}`,
      `/.${target}`,
    ],
    ...[
      `http://b${target}`,
      'http://b',
      'https://user:password@b:99999/',
      'javascript:alert(1)',
      '*',
      '?',
      '#',
      '/#/../x',
    ],
    ...[
      '/<script>alert(1)</script>',
      '/%3Cscript%3E',
      '/jwks/../x',
      '/jwks/__proto__.json',
      '/jwks/constructor.json',
      '/console',
      '/metrics',
    ],
  ];
  return [
    ...known.map((method) => ({ what: `the method ${method}`, bytes: line(method, target), statuses: [405] })),
    { what: 'the method CONNECT', bytes: line('CONNECT', 'a:443') },
    { what: 'all of it', bytes: line('OPTIONS', '*') },
    ...paths.map((path) => ({ what: `the target ${path.slice(0, 60)}`, bytes: line('GET', path) })),
  ];
}
