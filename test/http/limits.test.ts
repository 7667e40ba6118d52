// Limits per session and address, addresses behind proxies, and CORS.
import { expect, onTestFinished, test, vi } from 'vitest';
import { isRefractError } from '../../src/errors.ts';
import { createFailureLimit, createSessionLimit } from '../../src/http/limits.ts';
import { callFor, isGranted, refresh, send } from '../shared/refreshing.ts';
import { startServer, type TestServer, type TestServerOptions } from '../shared/server.ts';
import { respelled } from '../shared/tokens.ts';
import { call, type WireAnswer } from '../shared/wire.ts';

const withServer =
  (environment: TestServerOptions['environment'], use: (server: TestServer) => Promise<void>) => async () => {
    const server = await startServer({ ...(environment && { environment }) });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  };

test(
  'a session that is refreshed too often is throttled, and no other session',
  withServer({ REFRACT_SESSION_LIMIT: '3' }, async (server) => {
    const [token, other] = [await server.issue('xerial'), await server.issue('xerial')];
    let current = token;
    for (let refreshes = 0; refreshes < 3; refreshes += 1) current = await refresh(server.origin, 'xerial', current);
    const throttled = await send(server.origin, 'xerial', current);
    expect(throttled.status).toBe(429);
    expect(throttled.headers['content-type']).toMatch(/^text\/plain/);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(throttled.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(server.engineEvents.at(-1)).toMatchObject({ type: 'session_throttled', contract: 'xerial' });
    // An old token would be reuse, but a throttled token is not read.
    server.clock.now += 61;
    expect((await send(server.origin, 'xerial', token)).status).toBe(429);
    await refresh(server.origin, 'xerial', other);
    expect((await server.refract.store.listSessions({})).map(({ revokedAt }) => revokedAt)).toEqual([
      undefined,
      undefined,
    ]);
  }),
);

test(
  'an unverified token does not count for a session',
  withServer({ REFRACT_SESSION_LIMIT: '2' }, async (server) => {
    const token = await server.issue('xerial');
    for (let attempts = 0; attempts < 10; attempts += 1) {
      expect((await send(server.origin, 'xerial', respelled(token))).status).toBe(401);
    }
    await refresh(server.origin, 'xerial', token);
  }),
);

const from = (server: TestServer, address: string): Promise<WireAnswer> => {
  const wanted = callFor('xerial', 'not.a.token');
  return call(server.origin, { ...wanted, headers: { ...wanted.headers, 'x-forwarded-for': address } });
};

test(
  'X-Forwarded-For is ignored without a trusted proxy',
  withServer({ REFRACT_FAILURE_LIMIT: '2' }, async (server) => {
    await from(server, '203.0.113.1');
    await from(server, '203.0.113.2');
    expect((await from(server, '203.0.113.3')).status).toBe(429);
  }),
);

test.each(['1', 'loopback', '127.0.0.0/8,::1'])(
  'behind a proxy trusted as %s each caller has its own address',
  (trustProxy) =>
    withServer({ REFRACT_FAILURE_LIMIT: '2', REFRACT_TRUST_PROXY: trustProxy }, async (server) => {
      for (const address of ['203.0.113.1', '203.0.113.1', '203.0.113.2']) {
        expect((await from(server, address)).status).toBe(401);
      }
      expect((await from(server, '203.0.113.1')).status).toBe(429);
      // Addresses that the caller put before the one of the proxy are ignored.
      expect((await from(server, '203.0.113.9, 203.0.113.1')).status).toBe(429);
      expect(server.httpEvents.map(({ address }) => address)).toContain('203.0.113.2');
    })(),
);

test('an invalid proxy address stops the start with one sentence', async () => {
  const refused = await startServer({ environment: { REFRACT_TRUST_PROXY: '10.0.0.0/33' } }).catch(
    (reason: unknown) => reason,
  );
  expect(isRefractError(refused, 'configuration')).toBe(true);
  expect(String(refused)).toMatch(/REFRACT_TRUST_PROXY .*10\.0\.0\.0\/33/);
});

test(
  'CORS allows only pages of a configured origin to call a contract',
  withServer({ REFRACT_XERIAL_CORS_ORIGINS: 'https://app.example,http://localhost:3000' }, async (server) => {
    const token = await server.issue('xerial');
    const calling = (contract: 'xerial' | 'cloudreve', origin: string, method?: string): Promise<WireAnswer> => {
      const wanted = callFor(contract, token);
      const preflight = {
        'access-control-request-method': wanted.method,
        'access-control-request-headers': 'content-type',
      };
      return method === undefined
        ? call(server.origin, { ...wanted, headers: { ...wanted.headers, origin } })
        : call(server.origin, { method, path: wanted.path, headers: { origin, ...preflight } });
    };
    for (const origin of ['https://app.example', 'http://localhost:3000']) {
      const preflight = await calling('xerial', origin, 'OPTIONS');
      expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': origin } });
      const answer = await calling('xerial', origin);
      expect(isGranted('xerial', answer)).toBe(true);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'X-Request-Id,Retry-After',
        vary: 'Origin',
      });
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
    for (const answer of [
      await calling('xerial', 'https://evil.example', 'OPTIONS'),
      await calling('xerial', 'https://app.example.evil.example'),
      await calling('cloudreve', 'https://app.example', 'OPTIONS'),
      await calling('cloudreve', 'https://app.example'),
    ]) {
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    const { path } = callFor('xerial', token);
    expect((await call(server.origin, { method: 'OPTIONS', path })).status, 'no preflight').toBe(405);
  }),
);

test('a minute of a limit begins with the first count, and Retry-After is its rest', async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const [failures, refreshes] = [createFailureLimit(2), createSessionLimit(2)];
  const counts: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    counts.push(await failures.waitFor('xerial', '203.0.113.1'), await refreshes.count('session'));
    await failures.count('xerial', '203.0.113.1');
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(counts).toEqual([0, 0, 0, 0, 40, 40]);
  expect(await failures.waitFor('fib', '203.0.113.1')).toBe(0);
  await vi.advanceTimersByTimeAsync(29_999);
  expect(await failures.waitFor('xerial', '203.0.113.1')).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect([await failures.waitFor('xerial', '203.0.113.1'), await refreshes.count('session')]).toEqual([0, 0]);
});

test.each([
  ['an IPv4 address counts alone', '203.0.113.1', '203.0.113.2', false],
  ['an IPv4 address mapped to IPv6 counts as itself', '203.0.113.1', '::ffff:203.0.113.1', true],
  ['an IPv6 address counts with its /56 network', '2001:db8:1:200::1', '2001:db8:1:2ff:1::2', true],
  ['an IPv6 address counts apart from other networks', '2001:db8:1:200::1', '2001:db8:1:300::1', false],
])('the failure limit counts by address: %s', async (_what, counted, asked, isSame) => {
  const limit = createFailureLimit(1);
  await limit.count('xerial', counted);
  expect((await limit.waitFor('xerial', asked)) > 0).toBe(isSame);
});

test('a limit removes its keys after a minute', async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const limit = createFailureLimit(1);
  for (let host = 0; host < 1_000; host += 1)
    await limit.count('xerial', `10.0.${String(host >> 8)}.${String(host & 255)}`);
  expect(vi.getTimerCount()).toBe(1_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(vi.getTimerCount()).toBe(0);
});
