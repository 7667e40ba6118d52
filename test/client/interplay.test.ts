// Sign-in, sign-out and closing during a refresh, and the events of each.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSession, SessionUnavailable, SignedOut } from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { busy } from './faults.ts';
import { contracts, fakeClock, open, advance, advanceUntil, refreshSession, signIn, type Fault } from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
});
afterAll(() => server.stop());

/** Delays the response after the server's commit, until it is released. */
function delayed(): { readonly fault: Fault; readonly release: () => void } {
  const gate = Promise.withResolvers<undefined>();
  return {
    release: () => gate.resolve(undefined),
    fault: async (forward) => {
      const response = await forward();
      await gate.promise;
      return response;
    },
  };
}

describe('during a refresh', () => {
  test('signOut() during a refresh is not undone by its response', async () => {
    fakeClock(server);
    const opened = await open(server, 'fib');
    const { session, connection, events, stored } = opened;
    const { fault, release } = delayed();
    connection.faults.push(fault);
    const pending = advanceUntil(session.accessTokenAfter(await session.accessToken()), connection);
    await advance(1, connection);
    await session.signOut();
    release();
    await expect(pending).rejects.toBeInstanceOf(SignedOut);
    await advance(2, connection);
    expect(await stored()).toBeUndefined();
    expect(events).toEqual([['signed-out', { reason: 'requested' }]]);
  });

  test.each(['is granted', 'is refused'])(
    'signIn() during a refresh stays signed in, whether the other session %s',
    async (outcome) => {
      fakeClock(server);
      const opened = await open(server, 'fib');
      const { session, sessionId, connection, stored } = opened;
      const { fault, release } = delayed();
      connection.faults.push(fault);
      if (outcome === 'is refused') await server.refract.store.revoke(sessionId, 'requested');
      const tokens = await signIn(server, 'fib');
      const pending = advanceUntil(session.accessTokenAfter(await session.accessToken()), connection);
      await advance(1, connection);
      await session.signIn(tokens);
      release();
      await expect(pending, 'what was meant for one is not sent for the other').rejects.toBeInstanceOf(SignedOut);
      expect(await stored()).toMatchObject(tokens);
      // The new session is refreshed separately.
      expect(await advanceUntil(session.accessTokenAfter(tokens.accessToken), connection)).not.toBe(tokens.accessToken);
    },
  );

  test('signIn() does not share the refresh of the former session', async () => {
    fakeClock(server);
    const { session, connection } = await open(server, 'fib');
    connection.faults.push(busy('300'));
    const tokens = await signIn(server, 'fib');
    const pending = session.accessTokenAfter(await session.accessToken());
    pending.catch(() => undefined);
    await advance(1, connection);
    await session.signIn(tokens);
    const next = await advanceUntil(session.accessTokenAfter(tokens.accessToken), connection);
    expect(next).not.toBe(tokens.accessToken);
    await expect(pending).rejects.toBeInstanceOf(SignedOut);
  });

  test('close() during a refresh ends calls, emits no event and stores the successor', async () => {
    fakeClock(server);
    const opened = await open(server, 'fib');
    const { session, connection, events, stored } = opened;
    const { fault, release } = delayed();
    connection.faults.push(fault);
    const before = await session.accessToken();
    const pending = advanceUntil(session.accessTokenAfter(before), connection);
    await advance(1, connection);
    session.close();
    await expect(pending).rejects.toBeInstanceOf(SessionUnavailable);
    release();
    await advance(2, connection);
    expect((await stored())?.accessToken).not.toBe(before);
    expect(events).toEqual([]);
    await expect(session.accessToken()).rejects.toBeInstanceOf(SessionUnavailable);
    await advance(1_000, connection);
    expect([connection.sent.length, vi.getTimerCount()], 'and nothing is left behind').toEqual([1, 0]);
  });

  test('close() during a refresh emits no event if the response fails', async () => {
    fakeClock(server);
    const { session, connection, events } = await open(server, 'fib');
    const gate = Promise.withResolvers<Response>();
    connection.faults.push(() => gate.promise);
    const pending = session.accessTokenAfter(await session.accessToken());
    pending.catch(() => undefined);
    await advance(1, connection);
    session.close();
    gate.resolve(new Response('busy', { status: 503 }));
    await advance(2, connection);
    await expect(pending).rejects.toBeInstanceOf(SessionUnavailable);
    expect([connection.sent.length, events]).toEqual([1, []]);
  });

  test('close() ends the wait for a retry', async () => {
    fakeClock(server);
    const { session, connection, events } = await open(server, 'fib');
    connection.faults.push(busy('20'), busy('20'));
    const pending = advanceUntil(session.accessTokenAfter(await session.accessToken()), connection);
    await advance(1, connection);
    session.close();
    await expect(pending).rejects.toBeInstanceOf(SessionUnavailable);
    await advance(100, connection);
    expect([connection.sent.length, events.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
  });
});

describe('listeners', () => {
  test('a listener that throws is reported, and the session continues', async () => {
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

  test('a removed listener gets no more events', async () => {
    fakeClock(server);
    const opened = await open(server, 'fib');
    let times = 0;
    const off = opened.session.on('refreshed', () => (times += 1));
    await refreshSession(opened);
    off();
    await refreshSession(opened);
    expect(times).toBe(1);
  });
});

test.each([
  ['an error body', { error: 'no' }],
  ['tokens that are missing', { accessToken: undefined, refreshToken: undefined }],
  ['tokens that are words', { accessToken: 'undefined', refreshToken: 'undefined' }],
])('createSession() refuses %s', async (_name, given) => {
  // As a program without types could pass it.
  const tokens = given as unknown as { accessToken: string; refreshToken: string };
  const options = { contract: contracts.fib, origin: server.origin };
  expect(() => createSession({ ...options, tokens })).toThrow(TypeError);
  const session = createSession(options);
  await expect(session.signIn(tokens)).rejects.toThrow(TypeError);
  expect(await session.isSignedIn()).toBe(false);
  session.close();
});
