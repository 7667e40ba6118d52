// A session on every contract, with every fault of the table.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SignedOut } from '../../src/client/session.ts';
import { claimsOf } from '../shared/tokens.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { faults } from './faults.ts';
import {
  contractNames,
  contracts,
  expectOneSession,
  fakeClock,
  open,
  refreshSession,
  signIn,
  advanceUntil,
} from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
});
afterAll(() => server.stop());

describe.each(contractNames)('%s', (contract) => {
  const step = contracts[contract].policy === 'static' ? 0 : 1;

  test.each(faults)('a session survives $name, twice', async ({ fault, status }) => {
    fakeClock(server);
    const opened = await open(server, contract);
    const { session, sessionId, connection, events, written, stored } = opened;
    const before = await session.accessToken();
    const generation = Number(claimsOf((await stored())?.refreshToken ?? '')['gen']);
    connection.faults.push(fault, fault);

    const next = await refreshSession(opened);
    expect(next).not.toBe(before);
    expect(connection.sent.length, 'two retries, then the response').toBe(3);
    expect(events).toEqual([
      ['unavailable', { status, retryIn: expect.any(Number) }],
      ['unavailable', { status, retryIn: expect.any(Number) }],
      ['refreshed', { by: 'this' }],
    ]);
    // One successor, despite the retries.
    expect(claimsOf((await stored())?.refreshToken ?? '')['gen']).toBe(generation + step);
    expect((await stored())?.accessToken).toBe(next);

    // The session continues from there.
    await refreshSession(opened);
    expect(claimsOf((await stored())?.refreshToken ?? '')['gen']).toBe(generation + 2 * step);
    expectOneSession(written, sessionId);
  });

  test('a session is signed out once by a final refusal, and sends no more requests', async () => {
    fakeClock(server);
    const opened = await open(server, contract);
    const { session, sessionId, connection, events, stored } = opened;
    await refreshSession(opened);
    await server.refract.store.revoke(sessionId, 'requested');
    const token = await session.accessToken();
    const calls = [session.accessTokenAfter(token), session.accessTokenAfter(token), session.accessTokenAfter(token)];
    const outcomes = await advanceUntil(Promise.allSettled(calls), connection);
    expect(outcomes).toEqual(Array(3).fill({ status: 'rejected', reason: expect.any(SignedOut) }));
    await expect(session.accessToken()).rejects.toBeInstanceOf(SignedOut);
    expect(events.filter(([type]) => type === 'signed-out')).toEqual([['signed-out', { reason: 'refused' }]]);
    expect(connection.sent.length).toBe(2);
    expect([await stored(), await session.isSignedIn()]).toEqual([undefined, false]);

    await session.signIn(await signIn(server, contract));
    expect(await refreshSession(opened), 'and may be signed in again').toBeTypeOf('string');
  });

  test('a session sends one refresh for simultaneous calls', async () => {
    fakeClock(server);
    const { session, connection } = await open(server, contract);
    const token = await session.accessToken();
    const calls = Array.from({ length: 20 }, () => session.accessTokenAfter(token));
    expect(new Set(await advanceUntil(Promise.all(calls), connection)).size).toBe(1);
    expect(connection.sent.length).toBe(1);
  });
});
