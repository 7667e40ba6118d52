// What a session does by itself, and what it does when it is told to: ahead of expiry, with clocks that are wrong, when it
// is signed in or out or closed while a refresh is under way, and where it finds no browser around it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  createSession,
  memoryStorage,
  SessionUnavailable,
  SignedOut,
  type SessionStorage,
} from '../../src/client/session.ts';
import { claimsOf, segment, withSegment } from '../shared/tokens.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import {
  contractNames,
  contracts,
  expectWhole,
  handTime,
  heard,
  open,
  pass,
  passing,
  refreshed,
  signedIn,
  wayTo,
  type Fault,
} from './world.ts';

let server: TestServer;
beforeAll(async () => {
  const lifetimes = contractNames.map((name) => [`REFRACT_${name.toUpperCase()}_ACCESS_LIFETIME`, '300']);
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0', ...Object.fromEntries(lifetimes) } });
});
afterAll(() => server.stop());

const busy =
  (retryAfter?: string, date?: string): Fault =>
  async () =>
    new Response('busy', {
      status: 503,
      headers: { ...(retryAfter && { 'retry-after': retryAfter }), ...(date && { date }) },
    });

const lost: Fault = () => Promise.reject(new TypeError('fetch failed'));

/** Holds the answer back until it is let go, after the server has committed. */
function heldBack(): { readonly fault: Fault; readonly letGo: () => void } {
  const gate = Promise.withResolvers<undefined>();
  return {
    letGo: () => gate.resolve(undefined),
    fault: async (forward) => {
      const response = await forward();
      await gate.promise;
      return response;
    },
  };
}

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

describe('while a refresh is under way', () => {
  test('signing out stays signed out', async () => {
    handTime(server);
    const opened = await open(server, 'fib');
    const { session, way, events, stored } = opened;
    const { fault, letGo } = heldBack();
    way.faults.push(fault);
    const asked = passing(session.accessTokenAfter(await session.accessToken()), way);
    await pass(1, way);
    await session.signOut();
    letGo();
    await expect(asked).rejects.toBeInstanceOf(SignedOut);
    await pass(2, way);
    expect(await stored()).toBeUndefined();
    expect(events).toEqual([['signed-out', { reason: 'requested' }]]);
  });

  test.each(['is granted', 'is refused'])(
    'signing in stays signed in, whether the other session %s',
    async (outcome) => {
      handTime(server);
      const opened = await open(server, 'fib');
      const { session, sessionId, way, stored } = opened;
      const { fault, letGo } = heldBack();
      way.faults.push(fault);
      if (outcome === 'is refused') await server.refract.store.revoke(sessionId, 'requested');
      const tokens = await signedIn(server, 'fib');
      const asked = passing(session.accessTokenAfter(await session.accessToken()), way);
      await pass(1, way);
      await session.signIn(tokens);
      letGo();
      expect(await asked, 'whoever waited gets the token of the new session').toBe(tokens.accessToken);
      expect(await stored()).toMatchObject(tokens);
      // The new one is refreshed for itself.
      expect(await passing(session.accessTokenAfter(tokens.accessToken), way)).not.toBe(tokens.accessToken);
    },
  );

  test('a refresh of the session before does not stand in for one of the session after', async () => {
    handTime(server);
    const { session, way } = await open(server, 'fib');
    way.faults.push(busy('300'));
    const tokens = await signedIn(server, 'fib');
    const asked = passing(session.accessTokenAfter(await session.accessToken()), way);
    await pass(1, way);
    await session.signIn(tokens);
    const next = await passing(session.accessTokenAfter(tokens.accessToken), way);
    expect(next).not.toBe(tokens.accessToken);
    expect([tokens.accessToken, next]).toContain(await asked);
  });

  test('closing ends whoever waits, is silent, and loses no successor', async () => {
    handTime(server);
    const opened = await open(server, 'fib');
    const { session, way, events, stored } = opened;
    const { fault, letGo } = heldBack();
    way.faults.push(fault);
    const before = await session.accessToken();
    const asked = passing(session.accessTokenAfter(before), way);
    await pass(1, way);
    session.close();
    await expect(asked).rejects.toBeInstanceOf(SessionUnavailable);
    letGo();
    await pass(2, way);
    expect((await stored())?.accessToken).not.toBe(before);
    expect(events).toEqual([]);
    await expect(session.accessToken()).rejects.toBeInstanceOf(SessionUnavailable);
    await pass(1_000, way);
    expect([way.sent.length, vi.getTimerCount()], 'and nothing is left behind').toEqual([1, 0]);
  });

  test('closing is silent, too, where the answer under way is none', async () => {
    handTime(server);
    const { session, way, events } = await open(server, 'fib');
    const gate = Promise.withResolvers<Response>();
    way.faults.push(() => gate.promise);
    const asked = session.accessTokenAfter(await session.accessToken());
    asked.catch(() => undefined);
    await pass(1, way);
    session.close();
    gate.resolve(new Response('busy', { status: 503 }));
    await pass(2, way);
    await expect(asked).rejects.toBeInstanceOf(SessionUnavailable);
    expect([way.sent.length, events]).toEqual([1, []]);
  });

  test('closing while it waits to ask again asks no more', async () => {
    handTime(server);
    const { session, way, events } = await open(server, 'fib');
    way.faults.push(busy('20'), busy('20'));
    const asked = passing(session.accessTokenAfter(await session.accessToken()), way);
    await pass(1, way);
    session.close();
    await expect(asked).rejects.toBeInstanceOf(SessionUnavailable);
    await pass(100, way);
    expect([way.sent.length, events.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
  });
});

describe('listeners', () => {
  test('one that throws is reported, and the session goes on', async () => {
    const { session } = await open(server, 'fib');
    const before = process.listeners('uncaughtException');
    const reported = new Promise((resolve) => {
      process.removeAllListeners('uncaughtException').once('uncaughtException', resolve);
    });
    session.on('refreshed', () => {
      throw new Error('a mistake of the page');
    });
    expect(await session.accessTokenAfter(await session.accessToken())).toBeTypeOf('string');
    expect(await reported).toEqual(new Error('a mistake of the page'));
    for (const listener of before) process.on('uncaughtException', listener);
  });

  test('one that is taken off hears no more', async () => {
    handTime(server);
    const opened = await open(server, 'fib');
    let times = 0;
    const off = opened.session.on('refreshed', () => (times += 1));
    await refreshed(opened);
    off();
    await refreshed(opened);
    expect(times).toBe(1);
  });
});

describe('the storage', () => {
  test.each([
    '',
    'null',
    '{',
    '[]',
    '"x"',
    '{"accessToken":"eyJ9.b.c"}',
    '{"accessToken":"eyJ9.b.c","refreshToken":"eyJ9.b.c","storedAt":0,"refreshAt":"x","expiresAt":null}',
  ])('holding %j holds no session, and one can be signed in', async (garbage) => {
    const storage = memoryStorage();
    await storage.setItem('refract:fib', garbage);
    const session = createSession({ contract: contracts.fib, origin: server.origin, storage });
    await expect(session.accessToken()).rejects.toBeInstanceOf(SignedOut);
    const tokens = await signedIn(server, 'fib');
    await session.signIn(tokens);
    expect(await session.accessToken()).toBe(tokens.accessToken);
    session.close();
  });

  test('that takes nothing more costs no session, and gets the tokens once it takes some again', async () => {
    handTime(server);
    const storage = failing(memoryStorage());
    const opened = await open(server, 'fib', { storage });
    const { session, stored } = opened;
    await session.accessToken();
    storage.fails.set = true;
    for (let turn = 0; turn < 3; turn += 1) await refreshed(opened);
    const token = await session.accessToken();
    expect((await stored())?.accessToken).not.toBe(token);
    storage.fails.set = false;
    expect(await session.accessToken()).toBe(token);
    expect((await stored())?.accessToken).toBe(token);
  });

  test('that took nothing, and was written by another tab since, is believed', async () => {
    handTime(server);
    const storage = failing(memoryStorage());
    const opened = await open(server, 'fib', { storage, name: 'emptied' });
    await opened.session.accessToken();
    storage.fails.set = true;
    await refreshed(opened);
    storage.fails.set = false;
    await storage.removeItem('refract:emptied');
    await expect(opened.session.accessToken()).rejects.toBeInstanceOf(SignedOut);
  });

  test('that always fails is as good as memory', async () => {
    handTime(server);
    const storage = failing(memoryStorage());
    Object.assign(storage.fails, { get: true, set: true, remove: true });
    const tokens = await signedIn(server, 'fib');
    const way = wayTo();
    const session = createSession({
      contract: contracts.fib,
      origin: server.origin,
      storage,
      tokens,
      fetch: way.fetch,
    });
    const next = await passing(session.accessTokenAfter(tokens.accessToken), way);
    expect(await session.accessToken()).toBe(next);
    await session.signOut();
    expect(await session.isSignedIn()).toBe(false);
    session.close();
  });

  test('that cannot be read from the start is no sign-out', async () => {
    const storage = failing(memoryStorage());
    const tokens = await signedIn(server, 'fib');
    createSession({ contract: contracts.fib, origin: server.origin, storage, tokens }).close();
    storage.fails.get = true;
    const session = createSession({ contract: contracts.fib, origin: server.origin, storage });
    await expect(session.accessToken()).rejects.toBeInstanceOf(SessionUnavailable);
    storage.fails.get = false;
    expect(await session.accessToken()).toBe(tokens.accessToken);
    session.close();
  });

  test('may answer later', async () => {
    handTime(server);
    const inner = memoryStorage();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const storage: SessionStorage = {
      getItem: (key) => turn().then(() => inner.getItem(key)),
      setItem: (key, value) => turn().then(() => inner.setItem(key, value)),
      removeItem: (key) => turn().then(() => inner.removeItem(key)),
    };
    const opened = await open(server, 'fib', { storage });
    const { session, way, events } = opened;
    for (let times = 0; times < 5; times += 1) await refreshed(opened);
    expect(events).toEqual(Array(5).fill(['refreshed', { by: 'this' }]));
    const asked = session.accessTokenAfter(await session.accessToken());
    const out = session.signOut();
    await expect(passing(asked, way)).rejects.toBeInstanceOf(SignedOut);
    await out;
    expect(await session.isSignedIn()).toBe(false);
  });

  test('of a program that begins anew has the session', async () => {
    handTime(server);
    const storage = memoryStorage();
    const first = await open(server, 'cloudreve', { storage, name: 'kept' });
    const token = await refreshed(first);
    first.session.close();
    const again = createSession({ contract: contracts.cloudreve, origin: server.origin, storage, name: 'kept' });
    const events = heard(again);
    expect(await again.accessToken()).toBe(token);
    expect(events).toEqual([]);
    again.close();
  });
});

test.each([
  ['an error body', { error: 'no' }],
  ['tokens that are missing', { accessToken: undefined, refreshToken: undefined }],
  ['tokens that are words', { accessToken: 'undefined', refreshToken: 'undefined' }],
])('%s is no sign-in', async (_name, given) => {
  // As a program without types would give it.
  const tokens = given as unknown as { accessToken: string; refreshToken: string };
  const options = { contract: contracts.fib, origin: server.origin };
  expect(() => createSession({ ...options, tokens })).toThrow(TypeError);
  const session = createSession(options);
  await expect(session.signIn(tokens)).rejects.toThrow(TypeError);
  expect(await session.isSignedIn()).toBe(false);
  session.close();
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

function failing(
  inner: SessionStorage,
): SessionStorage & { readonly fails: Record<'get' | 'set' | 'remove', boolean> } {
  const fails = { get: false, set: false, remove: false };
  const check = (kind: keyof typeof fails): void => {
    if (fails[kind]) throw new DOMException('no room', 'QuotaExceededError');
  };
  return {
    fails,
    getItem: (key) => {
      check('get');
      return inner.getItem(key);
    },
    setItem: (key, value) => {
      check('set');
      return inner.setItem(key, value);
    },
    removeItem: (key) => {
      check('remove');
      return inner.removeItem(key);
    },
  };
}
