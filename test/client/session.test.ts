// What a session does by itself: ahead of expiry, with clocks that are wrong, with servers that are busy, and where it
// finds no browser around it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { memoryStorage, SessionUnavailable, SignedOut } from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { claimsOf, segment, withSegment } from '../shared/tokens.ts';
import { busy, lost } from './faults.ts';
import { contractNames, expectWhole, handTime, open, pass, passing, refreshed, signedIn, type Fault } from './world.ts';

let server: TestServer;
beforeAll(async () => {
  const lifetimes = contractNames.map((name) => [`REFRACT_${name.toUpperCase()}_ACCESS_LIFETIME`, '300']);
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0', ...Object.fromEntries(lifetimes) } });
});
afterAll(() => server.stop());

describe.each(contractNames)('%s', (contract) => {
  test.each([0, -600, 600])('is refreshed once ahead of each expiry, by a clock that is %i s ahead', async (ahead) => {
    handTime(server, ahead);
    const opened = await open(server, contract);
    const { session, way, events, written, sessionId } = opened;
    await refreshed(opened);
    way.sent.length = events.length = 0;
    for (let seconds = 0; seconds < 1_500; seconds += 30) {
      await pass(30, way);
      const { exp } = claimsOf(await session.accessToken());
      expect(Number(exp), 'it is good, and no request ever waits').toBeGreaterThan(server.clock.now);
    }
    // Of 300 s each the last 45 to 60 are ahead of expiry.
    expect(way.sent.length).toBeGreaterThanOrEqual(5);
    expect(way.sent.length).toBeLessThanOrEqual(6);
    expect(events).toEqual(way.sent.map(() => ['refreshed', { by: 'this' }]));
    expectWhole(written, sessionId);
  });
});

test('a session that sign-in gave with a wrong clock is refreshed at once where its token seems to be over', async () => {
  handTime(server, 600);
  const { session, way } = await open(server, 'fib');
  await passing(session.accessToken(), way);
  expect(way.sent.length).toBe(1);
});

test('an access token that does not say how long it is good is replaced where it is refused, and not before', async () => {
  handTime(server);
  const { accessToken, refreshToken } = await signedIn(server, 'xerial');
  const { exp: _exp, ...claims } = claimsOf(accessToken);
  const tokens = { accessToken: withSegment(accessToken, 1, segment(claims)), refreshToken };
  const { session, way } = await open(server, 'xerial', { tokens });
  await pass(3_600, way);
  expect([await session.accessToken(), way.sent.length]).toEqual([tokens.accessToken, 0]);
  await passing(session.accessTokenAfter(tokens.accessToken), way);
  expect(way.sent.length).toBe(1);
});

test.each([
  ['forward', 3_600, 1],
  ['back', -3_600, 1],
])('a clock that jumps %s costs one refresh', async (_name, jump, refreshes) => {
  handTime(server);
  const opened = await open(server, 'xerial');
  const { session, way, events } = opened;
  await refreshed(opened);
  way.sent.length = 0;
  const now = server.clock.now;
  vi.setSystemTime(Date.now() + jump * 1_000);
  // The server's own did not.
  Object.defineProperty(server.clock, 'now', { configurable: true, value: now, writable: true });
  for (let turn = 0; turn < 10; turn += 1) {
    await passing(session.accessToken(), way);
    await pass(1, way);
  }
  expect(way.sent.length).toBe(refreshes);
  expect(events.some(([type]) => type === 'signed-out')).toBe(false);
});

describe('waiting', () => {
  const date = (seconds: number): string => new Date((1_700_000_000 + seconds) * 1_000).toUTCString();
  test.each([
    ['seconds', busy('20'), 20],
    ['a date', busy(date(21)), 20],
    ['a date, by the clock of whoever wrote it', busy(date(5_020), date(5_000)), 20],
    ['an hour, of which five minutes are kept', busy('3600'), 300],
    ['nothing', busy(), 0.25],
    ['a time that is over', busy(date(-50)), 0.25],
    ['what is no time', busy('later'), 0.25],
  ])('Retry-After with %s is kept, with up to a quarter more', async (_name, fault, least) => {
    handTime(server);
    const opened = await open(server, 'xerial', { patience: 1_000_000 });
    opened.way.faults.push(fault);
    await refreshed(opened);
    const [first, second] = opened.way.sent;
    const waited = ((second?.at ?? 0) - (first?.at ?? 0)) / 1_000;
    expect(waited).toBeGreaterThanOrEqual(least - 0.1);
    expect(waited).toBeLessThanOrEqual(least * 1.25 + 1.2);
  });

  test('without Retry-After it waits longer each time, half a minute at most', async () => {
    handTime(server);
    const opened = await open(server, 'xerial', { patience: 1_000_000 });
    const { way } = opened;
    way.faults.push(...Array<Fault>(12).fill(lost));
    await refreshed(opened);
    const waits = way.sent.slice(1).map(({ at }, index) => at - (way.sent[index]?.at ?? 0));
    expect(waits[0]).toBeLessThan(500);
    expect(Math.max(...waits)).toBeLessThan(38_000);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
  });

  test('a caller loses patience, the session does not', async () => {
    handTime(server);
    const opened = await open(server, 'xerial');
    const { session, way, events } = opened;
    const token = await session.accessToken();
    way.faults.push(...Array<Fault>(8).fill(lost));
    await expect(passing(session.accessTokenAfter(token), way)).rejects.toBeInstanceOf(SessionUnavailable);
    await pass(120, way);
    expect(await session.accessToken()).not.toBe(token);
    expect(events.at(-1)).toEqual(['refreshed', { by: 'this' }]);
  });

  test('a caller that gives up gets its own reason, and nobody else does', async () => {
    handTime(server);
    const { session, way } = await open(server, 'xerial');
    const token = await session.accessToken();
    way.faults.push(lost);
    const giving = new AbortController();
    const [one, other] = [session.accessTokenAfter(token, giving.signal), session.accessTokenAfter(token)];
    const reason = new Error('enough');
    giving.abort(reason);
    await expect(one).rejects.toBe(reason);
    expect(await passing(other, way)).not.toBe(token);
  });

  test('offline it waits for the network, and goes on as soon as that is there', async () => {
    handTime(server);
    const network = { onLine: false };
    const events = new EventTarget();
    vi.stubGlobal('navigator', network);
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
    vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events));
    const { session, way } = await open(server, 'xerial', { patience: 1_000_000 });
    way.faults.push(...Array<Fault>(3).fill(lost));
    const asked = session.accessTokenAfter(await session.accessToken());
    await pass(60, way);
    expect(way.sent.length, 'twice a minute it looks').toBeLessThanOrEqual(3);
    way.faults.length = 0;
    const before = Date.now();
    network.onLine = true;
    events.dispatchEvent(new Event('online'));
    await passing(asked, way);
    expect(Date.now() - before).toBeLessThan(1_000);
    vi.unstubAllGlobals();
  });
});

test.each(contractNames)('%s: with nothing of the browser around it the session does the same', async (contract) => {
  handTime(server);
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
  opened.way.faults.push(lost);
  await refreshed(opened);
  await server.refract.store.revoke(opened.sessionId, 'requested');
  await expect(refreshed(opened)).rejects.toBeInstanceOf(SignedOut);
  vi.unstubAllGlobals();
});
