// The session on every contract, driven through the table of faults.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SignedOut } from '../../src/client/session.ts';
import { claimsOf } from '../shared/tokens.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { faults } from './faults.ts';
import { contractNames, contracts, expectWhole, handTime, open, refreshed, signedIn, passing } from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
});
afterAll(() => server.stop());

describe.each(contractNames)('%s', (contract) => {
  const step = contracts[contract].policy === 'static' ? 0 : 1;

  test.each(faults)('survives $name, twice', async ({ fault, status }) => {
    handTime(server);
    const opened = await open(server, contract);
    const { session, sessionId, way, events, written, stored } = opened;
    const before = await session.accessToken();
    const generation = Number(claimsOf((await stored())?.refreshToken ?? '')['gen']);
    way.faults.push(fault, fault);

    const next = await refreshed(opened);
    expect(next).not.toBe(before);
    expect(way.sent.length, 'asked until it was answered, and no more').toBe(3);
    expect(events).toEqual([
      ['unavailable', { status, retryIn: expect.any(Number) }],
      ['unavailable', { status, retryIn: expect.any(Number) }],
      ['refreshed', { by: 'this' }],
    ]);
    // One successor, however often it was asked for.
    expect(claimsOf((await stored())?.refreshToken ?? '')['gen']).toBe(generation + step);
    expect((await stored())?.accessToken).toBe(next);

    // And it goes on from there.
    await refreshed(opened);
    expect(claimsOf((await stored())?.refreshToken ?? '')['gen']).toBe(generation + 2 * step);
    expectWhole(written, sessionId);
  });

  test('is signed out once by a terminal refusal, and asks no more', async () => {
    handTime(server);
    const opened = await open(server, contract);
    const { session, sessionId, way, events, stored } = opened;
    await refreshed(opened);
    await server.refract.store.revoke(sessionId, 'requested');
    const token = await session.accessToken();
    const asked = [session.accessTokenAfter(token), session.accessTokenAfter(token), session.accessTokenAfter(token)];
    const outcomes = await passing(Promise.allSettled(asked), way);
    expect(outcomes).toEqual(Array(3).fill({ status: 'rejected', reason: expect.any(SignedOut) }));
    await expect(session.accessToken()).rejects.toBeInstanceOf(SignedOut);
    expect(events.filter(([type]) => type === 'signed-out')).toEqual([['signed-out', { reason: 'refused' }]]);
    expect(way.sent.length).toBe(2);
    expect([await stored(), await session.isSignedIn()]).toEqual([undefined, false]);

    await session.signIn(await signedIn(server, contract));
    expect(await refreshed(opened), 'and may be signed in again').toBeTypeOf('string');
  });

  test('asks once for all that ask at once', async () => {
    handTime(server);
    const { session, way } = await open(server, contract);
    const token = await session.accessToken();
    const asked = Array.from({ length: 20 }, () => session.accessTokenAfter(token));
    expect(new Set(await passing(Promise.all(asked), way)).size).toBe(1);
    expect(way.sent.length).toBe(1);
  });
});
