// Requests with the access token: which origins get it, and the retry after a 401.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import createClient from 'openapi-fetch';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSession, SignedOut, type Session, sessionMiddleware } from '../../src/client/session.ts';
import { closable, listen } from '../../src/http/listening.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { contracts, signIn } from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
  // This test uses real time.
  Object.defineProperty(server.clock, 'now', { get: () => Math.floor(Date.now() / 1_000) });
});
afterAll(() => server.stop());

interface Api {
  readonly origin: string;
  /** Method, path, token and body of each request, in order. */
  readonly received: [string, string, string | undefined, string][];
}

/** An API with a given response for each request number. */
async function api(answer: (turn: number, request: IncomingMessage, response: ServerResponse) => void): Promise<Api> {
  const received: Api['received'] = [];
  const listener = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push([request.method ?? '', request.url ?? '', request.headers.authorization, body]);
      answer(received.length, request, response);
    });
  });
  const origin = await listen(listener, 0, '127.0.0.1');
  onTestFinished(() => closable(listener, 0).close());
  return { origin, received };
}

const ok = (_turn: number, _request: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"there"}');
};
const refuseFirst = (turn: number, request: IncomingMessage, response: ServerResponse): void => {
  if (turn === 1) response.writeHead(401).end('no');
  else ok(turn, request, response);
};

async function open(sendTo: readonly string[]): Promise<{ readonly session: Session; readonly bearer: string }> {
  const tokens = await signIn(server, 'fib');
  const session = createSession({ contract: contracts.fib, origin: server.origin, tokens, sendTo });
  onTestFinished(() => session.close());
  return { session, bearer: `Bearer ${tokens.accessToken}` };
}

/** `session.fetch` and the middleware, behind one interface. */
const ways: readonly (readonly [string, (session: Session, origin: string) => Promise<Response>])[] = [
  [
    'fetch',
    (session, origin) =>
      session.fetch(`${origin}/things`, { method: 'POST', body: '{"a":1}', headers: { 'x-own': 'kept' } }),
  ],
  [
    'the middleware',
    async (session, origin) => {
      const client = createClient<{
        '/things': { post: { requestBody: { content: { 'application/json': object } }; responses: object } };
      }>({ baseUrl: origin });
      client.use(sessionMiddleware(session));
      return (await client.POST('/things', { body: { a: 1 }, headers: { 'x-own': 'kept' } })).response;
    },
  ],
];

describe.each(ways)('%s', (_name, send) => {
  test('a request of the session has the access token', async () => {
    const { origin, received } = await api(ok);
    const { session, bearer } = await open([origin]);
    expect((await send(session, origin)).status).toBe(200);
    expect(received).toEqual([['POST', '/things', bearer, '{"a":1}']]);
  });

  test('a request of the session is retried once, with its body, after a 401', async () => {
    const own: unknown[] = [];
    const { origin, received } = await api((turn, request, response) => {
      own.push(request.headers['x-own']);
      refuseFirst(turn, request, response);
    });
    const { session, bearer } = await open([origin]);
    expect((await send(session, origin)).status).toBe(200);
    expect(received).toEqual([
      ['POST', '/things', bearer, '{"a":1}'],
      ['POST', '/things', `Bearer ${await session.accessToken()}`, '{"a":1}'],
    ]);
    expect(received[1]?.[2]).not.toBe(bearer);
    expect(own).toEqual(['kept', 'kept']);
  });

  test('a request of the session is retried at most once', async () => {
    const { origin, received } = await api((_turn, _request, response) => response.writeHead(401).end());
    const { session } = await open([origin]);
    expect((await send(session, origin)).status).toBe(401);
    expect(received).toHaveLength(2);
  });

  test('a request of an ended session throws and is not sent', async () => {
    const { origin, received } = await api(ok);
    const { session } = await open([origin]);
    await session.signOut();
    await expect(send(session, origin)).rejects.toBeInstanceOf(SignedOut);
    expect(received).toEqual([]);
  });
});

test('the retry after a 401 has the headers of later middleware', async () => {
  const seen: unknown[] = [];
  const { origin } = await api((turn, request, response) => {
    seen.push(request.headers['x-later']);
    refuseFirst(turn, request, response);
  });
  const { session } = await open([]);
  const client = createClient<{ '/things': { get: { responses: object } } }>({ baseUrl: origin });
  client.use(sessionMiddleware(session), {
    onRequest: ({ request }) => {
      request.headers.set('x-later', 'there');
    },
  });
  await client.GET('/things');
  expect(seen).toEqual(['there', 'there']);
});

describe('the token is sent', () => {
  test('the token is sent only to the origin of the server and those in sendTo', async () => {
    const [named, foreign] = [await api(ok), await api(ok)];
    const { session, bearer } = await open([named.origin]);
    await session.fetch(named.origin);
    await session.fetch(foreign.origin, { headers: { authorization: 'Basic own' } });
    await session
      .fetch(foreign.origin.replace('http://', `http://localhost.`).replace('127.0.0.1', 'localhost'))
      .catch(() => undefined);
    expect(named.received.map(([, , token]) => token)).toEqual([bearer]);
    expect(foreign.received[0]?.[2], 'what the caller itself has set stays').toBe('Basic own');
    expect(foreign.received.some(([, , token]) => token?.startsWith('Bearer'))).toBe(false);
  });

  test.each(['null', '', 'about:blank', 'file://'])(
    'the token is not sent from a page without an origin, reported as %j',
    async (origin) => {
      vi.stubGlobal('location', { origin });
      const foreign = await api(ok);
      const { session } = await open([]);
      await session.fetch(foreign.origin);
      await session.fetch('data:text/plain,x');
      vi.unstubAllGlobals();
      expect(foreign.received[0]?.[2]).toBeUndefined();
    },
  );

  test('the token is sent to the origin of the page', async () => {
    const page = await api(ok);
    vi.stubGlobal('location', { origin: page.origin });
    const { session, bearer } = await open([]);
    vi.unstubAllGlobals();
    await session.fetch(page.origin);
    expect(page.received[0]?.[2]).toBe(bearer);
  });

  test('the token is not sent to the target of a redirect, whose 401 is final', async () => {
    const foreign = await api((_turn, _request, response) => response.writeHead(401).end());
    const named = await api((_turn, _request, response) =>
      response.writeHead(307, { location: `${foreign.origin}/here` }).end(),
    );
    const { session, bearer } = await open([named.origin]);
    expect((await session.fetch(`${named.origin}/there`)).status).toBe(401);
    expect(foreign.received).toEqual([['GET', '/here', undefined, '']]);
    expect(`Bearer ${await session.accessToken()}`).toBe(bearer);
  });
});

test.each(['fib', 'xerial'] as const)('%s: a refresh token does not follow a redirect', async (contract) => {
  const foreign = await api(ok);
  const redirecting = await api((_turn, _request, response) =>
    response.writeHead(307, { location: foreign.origin }).end(),
  );
  const tokens = await signIn(server, contract);
  const session = createSession({ contract: contracts[contract], origin: redirecting.origin, tokens });
  const told = new Promise((resolve) => session.on('unavailable', resolve));
  const pending = session.accessTokenAfter(tokens.accessToken);
  pending.catch(() => undefined);
  expect(await told).toMatchObject({ status: 307 });
  session.close();
  expect([redirecting.received.length, foreign.received]).toEqual([1, []]);
});
