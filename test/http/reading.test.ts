// How each form of a JSON body is read, byte by byte on a socket: its value, or the class of what is wrong with it.
import express, { type ErrorRequestHandler } from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classify } from '../../src/http/classify.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { listen } from '../../src/http/listening.ts';
import { parsersOf } from '../../src/http/reading.ts';

const limit = 16 * 1024;
const mediaType = 'application/json';

const [operation] = loadDocument(`${openapiFolder}/xerial.yaml`).operations;
if (operation === undefined) throw new Error('xerial has no operation');
const seen: string[] = [];
const answer: ErrorRequestHandler = (thrown: unknown, _request, response, _next) => {
  const classified = classify(thrown);
  seen.push(classified.kind);
  const { kind, ...more } = classified;
  response.status(400).json(kind === 'operational' ? more : kind);
};
const app = express().post('/', ...parsersOf(operation), (request, response) => {
  response.json({ read: (request.body as unknown) ?? 'nothing' });
});
const server = createServer(app.use(answer));
let port = 0;

beforeAll(async () => {
  port = Number(new URL(await listen(server, 0, '127.0.0.1')).port);
});
afterAll(() => {
  server.close();
});

/** The whole answer to bytes that are sent piece by piece; empty where there was none. */
async function exchange(pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
    // A turn of the event loop, so that pieces arrive one by one.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await once(socket, 'close');
  return received.slice(received.indexOf('\r\n\r\n') + 4);
}

function head(length: number | string, type = mediaType, more = ''): string {
  const lines = [`Host: a`, `Content-Type: ${type}`, 'Connection: close', `Content-Length: ${String(length)}`];
  return `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n${more}\r\n`;
}

const whole = (body: string | Uint8Array, type?: string, more?: string): (string | Uint8Array)[] => [
  head(Buffer.byteLength(body), type, more),
  body,
];
const zipped = gzipSync('{"a":1}');

const tooLarge = { status: 413, text: 'Content Too Large' };
const unsupported = { status: 415, text: 'Unsupported Media Type' };

test.each<[what: string, expected: unknown, pieces: readonly (string | Uint8Array)[]]>([
  ['an object', { read: { a: 'ÿ🚀' } }, whole('{"a":"ÿ🚀"}')],
  [
    'an object in two pieces, apart within a character',
    { read: { a: 'ÿ' } },
    [head(10), '{"a":"', Buffer.from('ÿ').subarray(0, 1), Buffer.from('ÿ').subarray(1), '"}'],
  ],
  ['a list', { read: [1, {}] }, whole('[1,{}]')],
  ['blanks around an object', { read: {} }, whole(' \n\t{} \r\n')],
  ['a byte order mark', { read: { a: 1 } }, whole('\uFEFF{"a":1}')],
  ['a byte order mark within', { read: { '\uFEFF': 1 } }, whole('{"\uFEFF":1}')],
  ['a blank that JSON does not know', 'violation', whole('\u00a0{}')],
  ['no JSON', 'violation', whole('{"a":')],
  ['two objects', 'violation', whole('{}{}')],
  ['a text', 'violation', whole('"a"')],
  ['a number', 'violation', whole('1')],
  ['null', 'violation', whole('null')],
  ['blanks alone', 'violation', whole('  ')],
  [
    'bytes that are not UTF-8',
    { read: { '\uFFFD': 1 } },
    whole(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
  ],
  ['a member named constructor', { read: { constructor: { a: 1 } } }, whole('{"constructor":{"a":1}}')],
  ['the largest body', { read: ['a'.repeat(limit - 4)] }, whole(`["${'a'.repeat(limit - 4)}"]`)],
  ['a body that is too large', tooLarge, whole(`{"a":"${'a'.repeat(limit)}"}`)],
  ['no bytes', 'violation', [head(0)]],
  ['another media type', 'violation', whole('{}', 'text/plain')],
  ['a charset', { read: { a: 1 } }, whole('{"a":1}', `${mediaType}; charset=utf-8`)],
  ['a charset that is not read', unsupported, whole('{"a":1}', `${mediaType}; charset=latin1`)],
  ['a compressed object', { read: { a: 1 } }, whole(zipped, mediaType, 'Content-Encoding: gzip\r\n')],
  ['what says that it is compressed', 'violation', whole('{}', mediaType, 'Content-Encoding: gzip\r\n')],
  [
    'chunks',
    { read: {} },
    [
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${mediaType}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
  ],
])('%s', async (_what, expected, pieces) => {
  expect(JSON.parse(await exchange(pieces))).toEqual(expected);
});

test('a member named __proto__ changes no prototype', async () => {
  expect(await exchange(whole('{"__proto__":{"a":1}}'))).toBe('{"read":{"__proto__":{"a":1}}}');
  expect(Object.keys(Object.prototype)).toEqual([]);
});

test('a client that goes away in the middle of its body is aborted', async () => {
  seen.length = 0;
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(`${head(10)}{"a"`, resolve));
  socket.destroy();
  await expect.poll(() => seen).toEqual(['aborted']);
});
