// A session ahead of expiry, with wrong clocks, with busy servers, and without a browser.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { memoryStorage, SessionUnavailable, SignedOut } from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { claimsOf, segment, withSegment } from '../shared/tokens.ts';
import { busy, lost } from './faults.ts';
import {
  contractNames,
  expectOneSession,
  fakeClock,
  open,
  advance,
  advanceUntil,
  refreshSession,
  signIn,
  type Fault,
} from './world.ts';

let server: TestServer;
beforeAll(async () => {
  const lifetimes = contractNames.map((name) => [`REFRACT_${name.toUpperCase()}_ACCESS_LIFETIME`, '300']);
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0', ...Object.fromEntries(lifetimes) } });
});
afterAll(() => server.stop());

describe.each(contractNames)('%s', (contract) => {
  test.each([0, -600, 600])('a session is refreshed once before each expiry with a clock %i s ahead', async (ahead) => {
    fakeClock(server, ahead);
    const opened = await open(server, contract);
    const { session, connection, events, written, sessionId } = opened;
    await refreshSession(opened);
    connection.sent.length = events.length = 0;
    for (let seconds = 0; seconds < 1_500; seconds += 30) {
      await advance(30, connection);
      const { exp } = claimsOf(await session.accessToken());
      expect(Number(exp), 'it is good, and no request ever waits').toBeGreaterThan(server.clock.now);
    }
    // Refreshes begin 45 to 60 s before the end of 300 s.
    expect(connection.sent.length).toBeGreaterThanOrEqual(5);
    expect(connection.sent.length).toBeLessThanOrEqual(6);
    expect(events).toEqual(connection.sent.map(() => ['refreshed', { by: 'this' }]));
    expectOneSession(written, sessionId);
  });
});

test('a token that seems expired by a wrong clock is refreshed at once', async () => {
  fakeClock(server, 600);
  const { session, connection } = await open(server, 'fib');
  await advanceUntil(session.accessToken(), connection);
  expect(connection.sent.length).toBe(1);
});

test('an access token without a lifetime is refreshed after a 401 alone', async () => {
  fakeClock(server);
  const { accessToken, refreshToken } = await signIn(server, 'xerial');
  const { exp: _exp, ...claims } = claimsOf(accessToken);
  const tokens = { accessToken: withSegment(accessToken, 1, segment(claims)), refreshToken };
  const { session, connection } = await open(server, 'xerial', { tokens });
  await advance(3_600, connection);
  expect([await session.accessToken(), connection.sent.length]).toEqual([tokens.accessToken, 0]);
  await advanceUntil(session.accessTokenAfter(tokens.accessToken), connection);
  expect(connection.sent.length).toBe(1);
});

test.each([
  ['forward', 3_600, 1],
  ['back', -3_600, 1],
])('a clock that jumps %s costs one refresh', async (_name, jump, refreshes) => {
  fakeClock(server);
  const opened = await open(server, 'xerial');
  const { session, connection, events } = opened;
  await refreshSession(opened);
  connection.sent.length = 0;
  const now = server.clock.now;
  vi.setSystemTime(Date.now() + jump * 1_000);
  // The server's clock did not jump.
  Object.defineProperty(server.clock, 'now', { configurable: true, value: now, writable: true });
  for (let turn = 0; turn < 10; turn += 1) {
    await advanceUntil(session.accessToken(), connection);
    await advance(1, connection);
  }
  expect(connection.sent.length).toBe(refreshes);
  expect(events.some(([type]) => type === 'signed-out')).toBe(false);
});

describe('the wait before a retry', () => {
  const date = (seconds: number): string => new Date((1_700_000_000 + seconds) * 1_000).toUTCString();
  test.each([
    ['seconds', busy('20'), 20],
    ['a date', busy(date(21)), 20],
    ['a date, by the clock of the server', busy(date(5_020), date(5_000)), 20],
    ['an hour, limited to five minutes', busy('3600'), 300],
    ['nothing', busy(), 0.25],
    ['a date in the past', busy(date(-50)), 0.25],
    ['an invalid value', busy('later'), 0.25],
  ])('the wait before a retry follows Retry-After with %s, plus up to a quarter', async (_name, fault, least) => {
    fakeClock(server);
    const opened = await open(server, 'xerial', { patience: 1_000_000 });
    opened.connection.faults.push(fault);
    await refreshSession(opened);
    const [first, second] = opened.connection.sent;
    const waited = ((second?.at ?? 0) - (first?.at ?? 0)) / 1_000;
    expect(waited).toBeGreaterThanOrEqual(least - 0.1);
    expect(waited).toBeLessThanOrEqual(least * 1.25 + 1.2);
  });

  test('the wait before a retry doubles without Retry-After, up to half a minute', async () => {
    fakeClock(server);
    const opened = await open(server, 'xerial', { patience: 1_000_000 });
    const { connection } = opened;
    connection.faults.push(...Array<Fault>(12).fill(lost));
    await refreshSession(opened);
    const waits = connection.sent.slice(1).map(({ at }, index) => at - (connection.sent[index]?.at ?? 0));
    expect(waits[0]).toBeLessThan(500);
    expect(Math.max(...waits)).toBeLessThan(38_000);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
  });

  test('the wait before a retry continues after a caller timed out', async () => {
    fakeClock(server);
    const opened = await open(server, 'xerial');
    const { session, connection, events } = opened;
    const token = await session.accessToken();
    connection.faults.push(...Array<Fault>(8).fill(lost));
    await expect(advanceUntil(session.accessTokenAfter(token), connection)).rejects.toBeInstanceOf(SessionUnavailable);
    await advance(120, connection);
    expect(await session.accessToken()).not.toBe(token);
    expect(events.at(-1)).toEqual(['refreshed', { by: 'this' }]);
  });

  test('an aborted call rejects with its reason, and other calls wait for the retry', async () => {
    fakeClock(server);
    const { session, connection } = await open(server, 'xerial');
    const token = await session.accessToken();
    connection.faults.push(lost);
    const giving = new AbortController();
    const [one, other] = [session.accessTokenAfter(token, giving.signal), session.accessTokenAfter(token)];
    const reason = new Error('enough');
    giving.abort(reason);
    await expect(one).rejects.toBe(reason);
    expect(await advanceUntil(other, connection)).not.toBe(token);
  });

  test('the wait before a retry ends when the network is back', async () => {
    fakeClock(server);
    const network = { onLine: false };
    const events = new EventTarget();
    vi.stubGlobal('navigator', network);
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
    vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events));
    const { session, connection } = await open(server, 'xerial', { patience: 1_000_000 });
    connection.faults.push(...Array<Fault>(3).fill(lost));
    const pending = session.accessTokenAfter(await session.accessToken());
    await advance(60, connection);
    expect(connection.sent.length, 'twice a minute it looks').toBeLessThanOrEqual(3);
    connection.faults.length = 0;
    const before = Date.now();
    network.onLine = true;
    events.dispatchEvent(new Event('online'));
    await advanceUntil(pending, connection);
    expect(Date.now() - before).toBeLessThan(1_000);
    vi.unstubAllGlobals();
  });
});

test.each(contractNames)('%s: a session works the same without a browser', async (contract) => {
  fakeClock(server);
  for (const name of [
    'navigator',
    'BroadcastChannel',
    'location',
    'addEventListener',
    'removeEventListener',
    'AbortSignal',
  ]) {
    vi.stubGlobal(name, undefined);
  }
  const opened = await open(server, contract, { storage: memoryStorage() });
  opened.connection.faults.push(lost);
  await refreshSession(opened);
  await server.refract.store.revoke(opened.sessionId, 'requested');
  await expect(refreshSession(opened)).rejects.toBeInstanceOf(SignedOut);
  vi.unstubAllGlobals();
});
