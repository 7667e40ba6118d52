// Compares our JSON parser with Express' on the same requests.
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classifyError } from '../../src/http/classify.ts';
import { createJsonParser } from '../../src/http/body.ts';
import { listen } from '../../src/http/listening.ts';

const limit = 64;
const mediaType = 'application/json';
const expressParser: RequestHandler = express.json({ limit, type: mediaType });

/** Responds with the parsed body, or with the class of the error. */
function serverWith(parser: RequestHandler): { readonly server: Server; readonly seen: string[] } {
  const seen: string[] = [];
  const answer: ErrorRequestHandler = (thrown: unknown, _request, response, _next) => {
    const classified = classifyError(thrown);
    seen.push(classified.kind);
    response.status(400).json(classified);
  };
  const app = express().post('/', parser, (request, response) => {
    response.json({ read: (request.body as unknown) ?? 'nothing' });
  });
  return { server: createServer(app.use(answer)), seen };
}

let usesExpress = false;
const others: RequestHandler = (...input) => {
  usesExpress = true;
  expressParser(...input);
};
const ours = serverWith(createJsonParser(mediaType, limit, others));
const theirs = serverWith(expressParser);
let ports: readonly number[];

beforeAll(async () => {
  const origins = await Promise.all([ours, theirs].map(({ server }) => listen(server, 0, '127.0.0.1')));
  ports = origins.map((origin) => Number(new URL(origin).port));
});
afterAll(() => {
  for (const { server } of [ours, theirs]) server.close();
});

/** Sends bytes in pieces. @returns the body of the response, or an empty string */
async function exchange(port: number, pieces: readonly (string | Uint8Array)[]): Promise<string> {
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

test.each<[what: string, isOurs: boolean, pieces: readonly (string | Uint8Array)[]]>([
  ['an object', true, whole('{"a":"ÿ🚀"}')],
  [
    'an object in two pieces, split within a character',
    true,
    [head(10), '{"a":"', Buffer.from('ÿ').subarray(0, 1), Buffer.from('ÿ').subarray(1), '"}'],
  ],
  ['a list', true, whole('[1,{}]')],
  ['whitespace around an object', true, whole(' \n\t{} \r\n')],
  ['a byte order mark', true, whole('\uFEFF{"a":1}')],
  ['a byte order mark inside', true, whole('{"\uFEFF":1}')],
  ['a non-breaking space', true, whole('\u00a0{}')],
  ['incomplete JSON', true, whole('{"a":')],
  ['two objects', true, whole('{}{}')],
  ['a text', true, whole('"a"')],
  ['a number', true, whole('1')],
  ['null', true, whole('null')],
  ['only whitespace', true, whole('  ')],
  ['bytes that are not UTF-8', true, whole(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
  ['a member named __proto__', true, whole('{"__proto__":{"a":1}}')],
  ['a body of the maximum size', true, whole(`"${'a'.repeat(limit - 2)}"`)],
  ['a body above the maximum size', false, whole(`{"a":"${'a'.repeat(limit)}"}`)],
  ['an empty body', false, [head(0)]],
  ['another media type', false, whole('{}', 'text/plain')],
  ['a charset', false, whole('{"a":1}', `${mediaType}; charset=utf-8`)],
  ['an unsupported charset', false, whole('{}', `${mediaType}; charset=latin1`)],
  ['a compressed object', false, whole(zipped, mediaType, 'Content-Encoding: gzip\r\n')],
  ['an uncompressed object with Content-Encoding', false, whole('{}', mediaType, 'Content-Encoding: gzip\r\n')],
  [
    'chunks',
    false,
    [
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${mediaType}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
  ],
])('the body %s is parsed as by Express', async (_what, isOurs, pieces) => {
  usesExpress = false;
  const [our, their] = await Promise.all(ports.map((port) => exchange(port, pieces)));
  expect(our).not.toBe('');
  expect(our).toBe(their);
  expect(usesExpress).toBe(!isOurs);
});

test('a request with an aborted body has no response', async () => {
  for (const [index, { seen }] of [ours, theirs].entries()) {
    seen.length = 0;
    const socket = connect({ port: ports[index] ?? 0, host: '127.0.0.1' });
    await once(socket, 'connect');
    await new Promise((resolve) => socket.write(`${head(10)}{"a"`, resolve));
    socket.destroy();
    await expect.poll(() => seen).toEqual(['aborted']);
  }
});
