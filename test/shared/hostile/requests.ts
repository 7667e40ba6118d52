// Invalid requests as bytes: ambiguous, malformed, oversized, compressed.
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';

type Bytes = string | Uint8Array;

export interface Shape {
  readonly what: string;
  readonly bytes: Bytes;
  /** The statuses of the responses in order; unless given, any status below 500. */
  readonly statuses?: readonly number[];
  /** The client never closes the connection: the server has to. */
  readonly isLeftOpen?: boolean;
  /** The largest number of responses; one unless given. */
  readonly most?: number;
}

export function shapes(): readonly Shape[] {
  return [...smuggled(), ...malformed(), ...oversized(), ...compressed(), ...unexpected()];
}

const target = '/xerial/auth/refresh-tokens';
const host = 'Host: a';
const type = 'Content-Type: application/json';
const chunked = 'Transfer-Encoding: chunked';

/** A request for an operation with a body. */
export function post(headers: readonly string[], body: Bytes): Uint8Array {
  const lines = [`POST ${target} HTTP/1.1`, host, ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(body)]);
}

export function jsonPost(body: Bytes, ...more: readonly string[]): Uint8Array {
  return post([type, `Content-Length: ${Buffer.byteLength(body)}`, ...more], body);
}

/** Shapes with the same responses. */
function alike(statuses: readonly number[] | undefined, requests: Readonly<Record<string, Bytes>>): readonly Shape[] {
  return Object.entries(requests).map(([what, bytes]) => ({ what, bytes, ...(statuses && { statuses }) }));
}

/** RFC 9112 §11.2: bytes that two parsers may interpret differently. */
export function smuggled(): readonly Shape[] {
  const inner = `GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`;
  const body = `0\r\n\r\n${inner}`;
  const four = 'Content-Length: 4';
  const headers: readonly (readonly string[])[] = [
    ...[`${body.length}`, `4, ${body.length}`, '+4', '-1', '0x4', '4 4', '1e1', '9'.repeat(23), ''].map((length) => [
      ...(length === `${body.length}` ? [four] : []),
      `Content-Length: ${length}`,
    ]),
    ...[
      [`Content-Length: ${body.length}`, chunked],
      [chunked, four],
      [chunked, 'Transfer-Encoding: x'],
    ],
    ...[' xchunked', ' chunked, identity'].map((coding) => [`Transfer-Encoding:${coding}`]),
    ...[' identity, chunked', ' \u000bchunked', '\0chunked'].map((coding) => [`Transfer-Encoding:${coding}`, four]),
    ...['Transfer-Encoding : chunked', ` ${chunked}`, `X: y\r\n ${chunked}`, `X: y\n${chunked}`].map((one) => [
      one,
      four,
    ]),
    ...[`X: y\r${chunked}`, 'Transfer\0-Encoding: chunked'].map((one) => [one, four]),
  ];
  const sizes = ['-1', '0x4', 'FFFFFFFFFFFFFFFFF', ' 4', '4\n', '4;\n', 'g', '', '4;a="\r'];
  const chunk = (text: string): Uint8Array => post([type, chunked], text);
  return [
    ...headers.flatMap((some) => alike([400], { [`smuggling: ${some.join(' | ')}`]: post([type, ...some], body) })),
    ...['\n', '\r', '\r\r\n', '\0\r\n'].flatMap((end) =>
      alike([400], {
        [`lines that end with ${JSON.stringify(end)}`]: [
          ...[`POST ${target} HTTP/1.1`, host, type, 'Content-Length: 0', '', inner],
        ].join(end),
      }),
    ),
    ...sizes.flatMap((size) =>
      alike([400], {
        [`a chunk of the size ${JSON.stringify(size)}`]: chunk(`${size}\r\n{}{}\r\n0\r\n\r\n${inner}`),
      }),
    ),
    ...alike([400], { 'a chunk without its end': chunk('2\r\n{}XX0\r\n\r\n') }),
    ...alike([401], {
      'chunks with extensions': chunk('2;a=b\r\n{}\r\n0;c\r\n\r\n'),
      'chunks with a trailer': chunk('2\r\n{}\r\n0\r\nX: y\r\n\r\n'),
    }),
    ...alike(undefined, { 'extensions without end': chunk(`2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`) }),
  ];
}

/** Bytes that are not HTTP, or incomplete. */
export function malformed(): readonly Shape[] {
  const wrongLines = [
    ...['GET /healthz HTTP/1.2', `GET /healthz HTTP/1.${'1'.repeat(100)}`, 'GET /healthz ICE/1.0', 'GET HTTP/1.1'],
    ...['GET /health\0z HTTP/1.1', 'GET /health z HTTP/1.1', 'FOO /healthz HTTP/1.1', 'get /healthz HTTP/1.1'],
    ...[`${'A'.repeat(10_000)} /healthz HTTP/1.1`, 'PRI * HTTP/2.0'],
  ];
  // Node treats other versions as 1.1 and ignores a second space.
  const otherLines = ['GET /healthz HTTP/0.9', 'GET /healthz HTTP/1.0', 'GET /healthz HTTP/2.0', 'GET  /  HTTP/1.1'];
  const lines = (some: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(some.map((line) => [`the line ${line.slice(0, 60)}`, `${line}\r\n${host}\r\n\r\n`]));
  const headers = [
    '',
    ':',
    ': x',
    'x',
    'x y: z',
    'x\0: y',
    'x: \0',
    'x: \u0001',
    '\u007f: x',
    'x(: y',
    `${host}b`,
    'é: x',
  ];
  const half = {
    'half a request line': 'GET /hea',
    'half a header': `GET /healthz HTTP/1.1\r\n${host}`,
    'half a body': post([type, 'Content-Length: 100'], '{'),
    'half a chunk': post([type, chunked], '5\r\n{'),
    // A body that is too large is read completely before the response; this one never ends.
    'a length that no body has': post([type, 'Content-Length: 9007199254740991'], '{'),
  };
  return [
    ...alike([400], lines(wrongLines)),
    ...alike(undefined, lines(otherLines)),
    ...headers.map((header) => ({
      what: `the header line ${JSON.stringify(header)}`,
      bytes: `GET /healthz HTTP/1.1\r\n${header}\r\n${host}\r\n\r\n`,
      // An empty line ends the headers: no host, and garbage after it.
      most: 2,
    })),
    ...alike([400], {
      'no host': 'GET /healthz HTTP/1.1\r\n\r\n',
      TLS: Buffer.from('16030100a5010000a10303', 'hex'),
      NULs: Buffer.alloc(10_000),
      text: 'Hello?\n'.repeat(100),
    }),
    ...alike([], { nothing: '', 'empty lines': '\r\n'.repeat(1_000) }),
    ...alike([408], half).map((shape) => ({ ...shape, isLeftOpen: true })),
  ];
}

function oversized(): readonly Shape[] {
  const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${host}\r\n${more}\r\n`;
  const [large, huge] = ['x'.repeat(20_000), 'x'.repeat(1_000_000)];
  return [
    ...alike([431], {
      'a long target': get(`/${large}`),
      'a very long target': get(`/${huge}`),
      'a long query': get(`/healthz?${large}`),
      'a long header': get('/healthz', `X: ${large}\r\n`),
      'a very long header': get('/healthz', `X: ${huge}\r\n`),
      'a long name of a header': get('/healthz', `${large}: x\r\n`),
      'many headers': get('/healthz', 'X: y\r\n'.repeat(10_000)),
    }),
    ...alike([413], {
      'a body above the limit': jsonPost(`{"refreshToken":"${large}"}`),
      'a body far above the limit': jsonPost(`{"refreshToken":"${huge}"}`),
      'a body above the limit in chunks': post([type, chunked], `${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`),
      'a chunk far above the limit': post([type, chunked], `f4240\r\n${huge}\r\n0\r\n\r\n`),
    }),
    ...alike(undefined, {
      'many cookies': get('/healthz', `Cookie: ${'a=b; '.repeat(3_000)}\r\n`),
      'a large trailer': post([type, chunked], `0\r\nX: ${huge}\r\n\r\n`),
    }),
  ];
}

/** Small on the wire and 20 MB after decompression. */
function compressed(): readonly Shape[] {
  const bomb = Buffer.alloc(20_000_000, ' ');
  const gzip = gzipSync(bomb);
  const coded = (coding: string, body: Bytes): Uint8Array => jsonPost(body, `Content-Encoding: ${coding}`);
  const small = gzipSync(bomb.subarray(0, 5_000));
  return [
    ...alike([413], {
      'a bomb of gzip': coded('gzip', gzip),
      'a bomb of deflate': coded('deflate', deflateSync(bomb)),
      'a bomb of brotli': coded('br', brotliCompressSync(bomb, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
    }),
    ...alike([415], { 'a bomb in a bomb': coded('gzip, gzip', gzipSync(gzip)) }),
    ...alike(undefined, {
      'many bombs in a row': coded('gzip', Buffer.concat(Array.from({ length: 20 }, () => small))),
      'half of gzip': coded('gzip', gzip.subarray(0, 100)),
    }),
  ];
}

/** Well-formed HTTP that no client library sends. */
export function unexpected(): readonly Shape[] {
  const json = '{"refreshToken":"any.hostile.token"}';
  const bodies: readonly Bytes[] = [
    ...['{', '['.repeat(16_000), '{"a":'.repeat(3_000), `[${'1,'.repeat(8_000)}1]`, '{"refreshToken":1e400}'],
    ...[`{"refreshToken":${'9'.repeat(10_000)}}`, '{"__proto__":{"refreshToken":"x"}}', Buffer.alloc(1_000)],
    ...[Buffer.from([0xff, 0xfe, 0x7b, 0x00]), Buffer.from('{"\xff":1}', 'latin1')],
  ];
  const targets = [
    ...'// /.. /../../etc/passwd /%2e%2e/%2e%2e/etc/passwd /xerial/..%2f.. /% /%ff /%00 /\\ /é * ? # /#/../x'.split(
      ' ',
    ),
    ...['http://b', `http://b${target}`, 'https://user:password@b:99999/', 'javascript:alert(1)', `/.${target}`],
    ...['/<script>alert(1)</script>', '/jwks/../x', '/jwks/__proto__.json', '/jwks/constructor.json'],
  ];
  const line = (method: string, path: string): string => `${method} ${path} HTTP/1.1\r\n${host}\r\n\r\n`;
  return [
    ...bodies.flatMap((body) =>
      alike([401], { [`the body ${Buffer.from(body).toString().slice(0, 40)}`]: jsonPost(body) }),
    ),
    ...targets.flatMap((path) => alike(undefined, { [`the target ${path}`]: line('GET', path) })),
    ...alike([401], {
      'two media types': jsonPost(json, 'Content-Type: text/plain'),
      'an expectation of its own': jsonPost(json, 'Expect: the-unexpected'),
    }),
    ...alike([100, 401], { 'an expectation': jsonPost(json, 'Expect: 100-continue') }).map((shape) => ({
      ...shape,
      most: 2,
    })),
    ...alike([200], { 'a body with GET': `GET /healthz HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\n\r\nhello` }),
    ...alike(undefined, {
      'an upgrade': jsonPost(json, 'Connection: upgrade', 'Upgrade: h2c, websocket'),
      'a long media type': post([`${type}; ${'a=b; '.repeat(2_000)}`, `Content-Length: ${json.length}`], json),
      'the method CONNECT': line('CONNECT', 'a:443'),
      'the method OPTIONS of everything': line('OPTIONS', '*'),
    }),
  ];
}
