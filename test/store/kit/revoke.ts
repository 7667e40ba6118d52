// Revocation is set once, and no later rotation succeeds.
import { expect, test } from 'vitest';
import { details, start, type Open } from './test-store.ts';

export function revokeTests(open: Open): void {
  test('revoke() sets time and reason once', async () => {
    const { store, other, setClock, issue, stored } = await open();
    const session = await issue();
    await setClock(start + 5);
    expect(await store.revoke(session.id, 'reused_token')).toBe(true);
    const revoked = { ...session, revokedAt: start + 5, revokedReason: 'reused_token' };
    expect(await stored(session)).toEqual(revoked);
    await setClock(start + 6);
    expect(await other.revoke(session.id, 'requested')).toBe(false);
    expect(await other.revokeAll({ subjectId: 'bob' }, 'requested')).toBe(0);
    expect(await other.revokeAll({ contract: 'fib' }, 'requested')).toBe(0);
    expect(await stored(session)).toEqual(revoked);
  });

  test('one of forty concurrent revoke() calls succeeds', async () => {
    const { store, other, issue } = await open();
    const { id } = await issue();
    const revoked = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? store : other).revoke(id, 'requested')),
    );
    expect(revoked.filter(Boolean)).toHaveLength(1);
  });

  test('no rotation succeeds after revoke() has returned', async () => {
    const { store, other, issue, stored } = await open();
    const sessions = await Promise.all(Array.from({ length: 30 }, () => issue()));
    await Promise.all(
      sessions.map(async (session) => {
        const rotation = store.rotate(session, { ...session, generation: 1 });
        await other.revoke(session.id, 'requested');
        const generation = (await stored(session))?.generation ?? -1;
        const late = await store.rotate({ ...session, generation }, { ...session, generation: 2 });
        expect([late, await stored(session)]).toEqual([
          false,
          { ...session, generation: (await rotation) ? 1 : 0, revokedAt: start, revokedReason: 'requested' },
        ]);
      }),
    );
  });

  test('revoke() of an unknown session returns false', async () => {
    const { store } = await open();
    expect(await store.revoke('unknown', 'requested')).toBe(false);
  });

  test('revokeAll() also revokes expired sessions but counts only active ones', async () => {
    const { store, setClock, issue } = await open();
    await store.putSubject('rob', details);
    const lasting = { lifetime: 101 };
    await issue({ id: 'ends now', lifetime: 100 });
    await issue({ id: 'revoked', ...lasting });
    await issue({ id: 'first', ...lasting });
    await issue({ id: 'second', contract: 'xerial', ...lasting });
    await issue({ id: 'of rob', subjectId: 'rob', ...lasting });
    await issue({ id: 'rob ends now', subjectId: 'rob', lifetime: 100 });
    await store.revoke('revoked', 'reused_token');
    await setClock(start + 100);

    expect(await store.revokeAll({ contract: 'xerial' }, 'requested')).toBe(1);
    expect(await store.revokeAll({ subjectId: 'bob' }, 'requested')).toBe(1);
    expect(await store.revokeAll({ contract: 'fib' }, 'requested')).toBe(1);
    expect(await store.revokeAll({ subjectId: 'unknown' }, 'requested')).toBe(0);
    const reasons = (await store.listSessions({})).map(({ id, revokedAt, revokedReason }) => [
      id,
      revokedAt,
      revokedReason,
    ]);
    expect(reasons.sort()).toEqual([
      ['ends now', start + 100, 'requested'],
      ['first', start + 100, 'requested'],
      ['of rob', start + 100, 'requested'],
      ['revoked', start, 'reused_token'],
      ['rob ends now', start + 100, 'requested'],
      ['second', start + 100, 'requested'],
    ]);
  });
}
