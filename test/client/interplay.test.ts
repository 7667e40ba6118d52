// What a session does when it is told to, signed in or out or closed, while a refresh is under way; and whom it tells.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSession, SessionUnavailable, SignedOut } from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { busy } from './faults.ts';
import { contracts, handTime, open, pass, passing, refreshed, signedIn, type Fault } from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
});
afterAll(() => server.stop());

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
      await expect(asked, 'what was meant for one is not sent for the other').rejects.toBeInstanceOf(SignedOut);
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
    const asked = session.accessTokenAfter(await session.accessToken());
    asked.catch(() => undefined);
    await pass(1, way);
    await session.signIn(tokens);
    const next = await passing(session.accessTokenAfter(tokens.accessToken), way);
    expect(next).not.toBe(tokens.accessToken);
    await expect(asked).rejects.toBeInstanceOf(SignedOut);
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
