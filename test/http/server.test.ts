// Responses outside of the contracts, and headers of every reply.
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer, type WireCall } from '../shared/wire.ts';

const path = '/xerial/auth/refresh-tokens';
const asJson = { 'content-type': 'application/json' };

describe('the public listener', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const post = (body: WireCall['body'], headers: WireCall['headers'] = asJson): Promise<WireAnswer> =>
    call(server.origin, { method: 'POST', path, headers, body });
  const refreshing = async (): Promise<string> => JSON.stringify({ refreshToken: await server.issue('xerial') });

  test('every reply of an operation has a new X-Request-Id and no-store', async () => {
    const answers = [await post(await refreshing()), await post('{}'), await post('{')];
    for (const { headers } of answers) {
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(3);
  });

  test('the X-Request-Id of a request is logged and never returned', async () => {
    const answer = await post('{}', { ...asJson, 'x-request-id': 'caller-7' });
    expect(answer.headers['x-request-id']).not.toBe('caller-7');
    expect(server.httpEvents.at(-1)).toMatchObject({
      callerRequestId: 'caller-7',
      requestId: answer.headers['x-request-id'],
    });
  });

  test('the seconds of an event include the wait for the body', async () => {
    const body = await refreshing();
    const { hostname, port } = new URL(server.origin);
    const socket = connect(Number(port), hostname);
    const head = ['content-type: application/json', `content-length: ${String(body.length)}`, 'connection: close'];
    socket.write([`POST ${path} HTTP/1.1`, 'host: x', ...head, 'expect: 100-continue', '', ''].join('\r\n'));
    // Node sends 100 Continue when it passes the request to the server.
    const [asked] = await once(socket, 'data');
    expect(String(asked)).toMatch(/^HTTP\/1.1 100 /);
    const since = performance.now();
    await call(server.origin, { method: 'GET', path: '/healthz' });
    const waited = performance.now() - since;
    socket.resume().write(body);
    await once(socket, 'close');
    const { status, seconds } = server.httpEvents.at(-1) ?? {};
    expect(status).toBe(200);
    expect(seconds).toBeGreaterThanOrEqual(waited / 1000);
  });

  test('responses have neither X-Powered-By nor ETag', async () => {
    for (const answer of [await post('{}'), await call(server.origin, { method: 'GET', path: '/' })]) {
      expect(Object.keys(answer.headers)).not.toContain('x-powered-by');
      expect(Object.keys(answer.headers)).not.toContain('etag');
    }
  });

  test('a body of 16 kB is read, and one byte more is 413 in plain text', async () => {
    const good = await refreshing();
    const most = 16 * 1024;
    const padded = (size: number): string => good.replace('{', `{${' '.repeat(size - good.length)}`);
    expect((await post(padded(most))).status).toBe(200);
    const answer = await post(padded(most + 1));
    expect(answer).toMatchObject({ status: 413, body: 'Content Too Large\n' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(server.httpEvents.at(-1)).toMatchObject({ type: 'unread', status: 413 });
  });

  test('a small gzip body that unpacks past 16 kB is 413', async () => {
    const bomb = gzipSync(`{"refreshToken":"${'a'.repeat(10_000_000)}"}`);
    expect(await post(bomb, { ...asJson, 'content-encoding': 'gzip' })).toMatchObject({ status: 413 });
  });

  test('a gzipped request is unpacked', async () => {
    const packed = gzipSync(await refreshing());
    expect(await post(packed, { ...asJson, 'content-encoding': 'gzip' })).toMatchObject({ status: 200 });
  });

  test.each([
    ['an unknown content encoding', { ...asJson, 'content-encoding': 'compress' }],
    ['an unknown charset', { 'content-type': 'application/json; charset=latin1' }],
  ])('a body with %s is 415 in plain text', async (_what, headers) => {
    const answer = await post(await refreshing(), headers);
    expect(answer).toMatchObject({ status: 415, body: 'Unsupported Media Type\n' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test('unknown members and unknown query parameters are ignored', async () => {
    const token = await server.issue('xerial');
    const answer = await call(server.origin, {
      method: 'POST',
      path: `${path}?more=1`,
      headers: asJson,
      body: JSON.stringify({ refreshToken: token, deviceId: 7 }),
    });
    expect(answer.status).toBe(200);
  });

  test('an operation without a request body ignores any body', async () => {
    const token = await server.issue('fib');
    const answer = await call(server.origin, {
      method: 'PATCH',
      path: '/fib/auth/api/v1/authentication-management/session',
      headers: { authorization: token, 'content-type': 'application/json' },
      body: '{"trunc',
    });
    expect(answer.status).toBe(200);
  });

  test('the Bearer scheme in any case and the bare token are accepted', async () => {
    for (const scheme of ['', 'Bearer ', 'bearer ', 'BEARER  ']) {
      const token = await server.issue('fib');
      const answer = await call(server.origin, {
        method: 'PATCH',
        path: '/fib/auth/api/v1/authentication-management/session',
        headers: { authorization: scheme + token },
      });
      expect([scheme, answer.status]).toEqual([scheme, 200]);
    }
  });

  test('an undecodable path is 400 or 404 in plain text', async () => {
    for (const strange of ['/%zz', '/xerial/%c0%80', `${path}%00`]) {
      const answer = await call(server.origin, { method: 'POST', path: strange });
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    }
  });

  test.each([
    ['absolute form (RFC 9112 §3.2.2)', (origin: string) => `${origin}${path}`],
    ['absolute form of another scheme and host', () => `ftp://user:secret@elsewhere${path}`],
    ['a fragment', () => `${path}#fragment`],
  ])('a request target with %s is served', async (_what, targetOf) => {
    const body = await refreshing();
    const received = await raw(
      server.origin,
      `POST ${targetOf(server.origin)} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${String(body.length)}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(received.split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
  });

  test('an unknown expectation is ignored (RFC 9110 §10.1.1)', async () => {
    expect((await post(await refreshing(), { ...asJson, expect: 'something' })).status).toBe(200);
  });

  test('another method on a page of the server is 405 with Allow', async () => {
    for (const page of ['/healthz', '/jwks/fib.json']) {
      const answer = await call(server.origin, { method: 'POST', path: page });
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  test('health and public keys are served, secret keys are not', async () => {
    expect(await call(server.origin, { method: 'GET', path: '/healthz' })).toMatchObject({ status: 200, body: 'ok\n' });
    const fib = await call(server.origin, { method: 'GET', path: '/jwks/fib.json' });
    expect(fib.headers['content-type']).toMatch(/^application\/jwk-set\+json/);
    expect(json(fib)).toEqual({
      keys: [
        // An Ed25519 public key without its private member.
        { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), use: 'sig', alg: 'EdDSA' },
      ],
    });
    expect(json(await call(server.origin, { method: 'GET', path: '/jwks/xerial.json' }))).toEqual({ keys: [] });
    expect((await call(server.origin, { method: 'GET', path: '/jwks/unknown.json' })).status).toBe(404);
  });

  test('nothing is compiled after the port is open, for any spelling of the media type', async () => {
    // The base class of all dialects of ajv, including that of the validator.
    const common = Object.getPrototypeOf(Ajv2020.prototype) as { addSchema: () => unknown };
    const addSchema = vi.spyOn(common, 'addSchema');
    try {
      for (const name of ['fib', 'orillion', 'xerial', 'kirjaswappi', 'cloudreve']) {
        const document = loadDocument(`${openapiFolder}/${name}.yaml`);
        for (const { method, path: below } of document.operations) {
          for (let spelling = 0; spelling < 5; spelling += 1) {
            await call(server.origin, {
              method: method.toUpperCase(),
              path: document.basePath + below,
              headers: { 'content-type': `application/json; charset=utf-8; v=${String(spelling)}`, authorization: 'x' },
              body: '{"refreshToken":"x","refresh_token":"x"}',
            });
          }
        }
      }
      expect(addSchema).not.toHaveBeenCalled();
    } finally {
      addSchema.mockRestore();
    }
  });

  describe("errors of Node's parser have a plain text response", () => {
    test.each([
      ['400', 'not HTTP at all', 'HELLO\r\n\r\n', '400 Bad Request'],
      ['400', 'HTTP/1.1 without a host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', '400 Bad Request'],
      [
        '400',
        'two different content lengths',
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
        '400 Bad Request',
      ],
      [
        '431',
        'headers of 20 kB',
        `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`,
        '431 Request Header Fields Too Large',
      ],
    ])('a request that Node cannot parse gets %s in plain text: %s', async (_status, _what, sent, answered) => {
      const received = await raw(server.origin, sent);
      expect(received.split('\r\n')[0]).toBe(`HTTP/1.1 ${answered}`);
      expect(received).toContain('Content-Type: text/plain');
      expect(received.endsWith(`${answered.slice(4)}\n`)).toBe(true);
    });
  });
});

test('a header timeout above the request timeout does not stop the start', async () => {
  const server = await startServer({ only: { contract: 'xerial' }, environment: { REFRACT_HEADER_TIMEOUT: '600' } });
  await server.stop();
});

test('incomplete headers get 408 in plain text after the timeout', async () => {
  const server = await startServer({ only: { contract: 'xerial' }, environment: { REFRACT_HEADER_TIMEOUT: '1' } });
  try {
    const received = await raw(server.origin, `POST ${path} HTTP/1.1\r\nHost: x\r\n`);
    expect(received.split('\r\n')[0]).toBe('HTTP/1.1 408 Request Timeout');
  } finally {
    await server.stop();
  }
});

test.each([
  ['never sent a byte', ''],
  ['stopped in the middle of its headers', `POST ${path} HTTP/1.1\r\nHost: x\r\n`],
  [
    'stopped in the middle of its body',
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nContent-Type: application/json\r\n\r\n{`,
  ],
])('a client that %s does not prevent a stop', async (_what, sent) => {
  const server = await startServer({ only: { contract: 'xerial' }, environment: { REFRACT_STOP_TIMEOUT: '0' } });
  const { hostname, port } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // The client may get a connection reset.
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) =>
    socket.write(sent === '' ? '\r\n' : sent, () => {
      resolve();
    }),
  );
  await server.stop();
  await closed;
});

describe('one contract at a configured base path', () => {
  test.each(['/api/v4', '/'])('one contract is served at a configured base path: cloudreve at %s', async (at) => {
    const server = await startServer({ only: { contract: 'cloudreve', at } });
    try {
      const refresh_token = await server.issue('cloudreve');
      const place = `${at === '/' ? '' : at}/session/token/refresh`;
      const body = JSON.stringify({ refresh_token });
      const answer = await call(server.origin, { method: 'POST', path: place, headers: asJson, body });
      expect(json(answer)).toMatchObject({ code: 0 });
      expect((await call(server.origin, { method: 'GET', path: '/healthz' })).body).toBe('ok\n');
      expect((await call(server.origin, { method: 'GET', path: '/jwks/cloudreve.json' })).status).toBe(200);
      expect((await call(server.origin, { method: 'POST', path: '/xerial/auth/refresh-tokens' })).status).toBe(404);
    } finally {
      await server.stop();
    }
  });
});

/** Sends bytes and resolves with all received bytes when the connection is closed. */
function raw(origin: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(received);
    });
  });
}
