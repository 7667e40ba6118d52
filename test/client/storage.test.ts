// Storages with invalid content, or full, forbidden or slow: none of them ends a session.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createSession,
  memoryStorage,
  SessionUnavailable,
  SignedOut,
  type SessionStorage,
} from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import {
  contracts,
  fakeClock,
  collectEvents,
  open,
  advanceUntil,
  refreshSession,
  signIn,
  createConnection,
} from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
});
afterAll(() => server.stop());

describe('the storage', () => {
  test.each([
    '',
    'null',
    '{',
    '[]',
    '"x"',
    '{"accessToken":"eyJ9.b.c"}',
    '{"accessToken":"eyJ9.b.c","refreshToken":"eyJ9.b.c","storedAt":0,"refreshAt":"x","expiresAt":null}',
  ])('a storage with %j has no session, and accepts a sign-in', async (garbage) => {
    fakeClock(server);
    const storage = memoryStorage();
    await storage.setItem('refract:fib', garbage);
    const session = createSession({ contract: contracts.fib, origin: server.origin, storage });
    await expect(session.accessToken()).rejects.toBeInstanceOf(SignedOut);
    const tokens = await signIn(server, 'fib');
    await session.signIn(tokens);
    expect(await session.accessToken()).toBe(tokens.accessToken);
    session.close();
  });

  test('a session survives a full storage, which gets the tokens once it has space', async () => {
    fakeClock(server);
    const storage = failing(memoryStorage());
    const opened = await open(server, 'fib', { storage });
    const { session, stored } = opened;
    await session.accessToken();
    storage.fails.set = true;
    for (let turn = 0; turn < 3; turn += 1) await refreshSession(opened);
    const token = await session.accessToken();
    expect((await stored())?.accessToken).not.toBe(token);
    storage.fails.set = false;
    expect(await session.accessToken()).toBe(token);
    expect((await stored())?.accessToken).toBe(token);
  });

  test('a change by another tab is accepted after a failed write of this tab', async () => {
    fakeClock(server);
    const storage = failing(memoryStorage());
    const opened = await open(server, 'fib', { storage, name: 'emptied' });
    await opened.session.accessToken();
    storage.fails.set = true;
    await refreshSession(opened);
    storage.fails.set = false;
    await storage.removeItem('refract:emptied');
    await expect(opened.session.accessToken()).rejects.toBeInstanceOf(SignedOut);
  });

  test('a session keeps its tokens in memory if its storage always fails', async () => {
    fakeClock(server);
    const storage = failing(memoryStorage());
    Object.assign(storage.fails, { get: true, set: true, remove: true });
    const tokens = await signIn(server, 'fib');
    const connection = createConnection();
    const session = createSession({
      contract: contracts.fib,
      origin: server.origin,
      storage,
      tokens,
      fetch: connection.fetch,
    });
    const next = await advanceUntil(session.accessTokenAfter(tokens.accessToken), connection);
    expect(await session.accessToken()).toBe(next);
    await session.signOut();
    expect(await session.isSignedIn()).toBe(false);
    session.close();
  });

  test('a session stays signed in while its storage cannot be read', async () => {
    fakeClock(server);
    const storage = failing(memoryStorage());
    const tokens = await signIn(server, 'fib');
    createSession({ contract: contracts.fib, origin: server.origin, storage, tokens }).close();
    storage.fails.get = true;
    const session = createSession({ contract: contracts.fib, origin: server.origin, storage });
    await expect(session.accessToken()).rejects.toBeInstanceOf(SessionUnavailable);
    storage.fails.get = false;
    expect(await session.accessToken()).toBe(tokens.accessToken);
    session.close();
  });

  test('a session works with an asynchronous storage', async () => {
    fakeClock(server);
    const inner = memoryStorage();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const storage: SessionStorage = {
      getItem: (key) => turn().then(() => inner.getItem(key)),
      setItem: (key, value) => turn().then(() => inner.setItem(key, value)),
      removeItem: (key) => turn().then(() => inner.removeItem(key)),
    };
    const opened = await open(server, 'fib', { storage });
    const { session, connection, events } = opened;
    for (let times = 0; times < 5; times += 1) await refreshSession(opened);
    expect(events).toEqual(Array(5).fill(['refreshed', { by: 'this' }]));
    const pending = session.accessTokenAfter(await session.accessToken());
    const out = session.signOut();
    await expect(advanceUntil(pending, connection)).rejects.toBeInstanceOf(SignedOut);
    await out;
    expect(await session.isSignedIn()).toBe(false);
  });

  test('a session is in the storage after a restart of the program', async () => {
    fakeClock(server);
    const storage = memoryStorage();
    const first = await open(server, 'cloudreve', { storage, name: 'kept' });
    const token = await refreshSession(first);
    first.session.close();
    const again = createSession({ contract: contracts.cloudreve, origin: server.origin, storage, name: 'kept' });
    const events = collectEvents(again);
    expect(await again.accessToken()).toBe(token);
    expect(events).toEqual([]);
    again.close();
  });
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
