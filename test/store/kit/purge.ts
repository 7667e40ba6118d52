// purge() removes expired sessions and tombstones in batches, and nothing that may still matter.
import { expect, test } from 'vitest';
import { details, start, type Open, type Opened } from './test-store.ts';

const idsIn = async ({ other }: Opened) => (await other.listSessions({})).map(({ id }) => id).sort();

export function purgeTests(open: Open): void {
  test('purge() removes sessions that expired as many seconds ago as given', async () => {
    const opened = await open();
    const { store, setClock, issue } = opened;
    await issue({ id: 'over', lifetime: 100 });
    await issue({ id: 'a second younger', lifetime: 101 });
    await issue({ id: 'living', lifetime: 1_000 });
    await setClock(start + 149);
    expect(await store.purge(50, 10)).toEqual({ sessions: 0, subjects: 0 });
    await setClock(start + 150);
    expect(await store.purge(50, 10)).toEqual({ sessions: 1, subjects: 0 });
    expect(await idsIn(opened)).toEqual(['a second younger', 'living']);
  });

  test('purge() keeps a revoked session until its lifetime has ended', async () => {
    const { store, setClock, issue, stored } = await open();
    const session = await issue({ lifetime: 100 });
    await store.revoke(session.id, 'reused_token');
    await setClock(start + 99);
    expect(await store.purge(0, 10)).toEqual({ sessions: 0, subjects: 0 });
    expect(await stored(session)).toMatchObject({ revokedReason: 'reused_token' });
    await setClock(start + 100);
    expect(await store.purge(0, 10)).toEqual({ sessions: 1, subjects: 0 });
    expect(await stored(session)).toBeUndefined();
  });

  test('purge() keeps an active session beside many expired ones', async () => {
    const opened = await open();
    const { store, setClock, issue } = opened;
    const living = Array.from({ length: 20 }, (_, index) => `living ${index}`).sort();
    await Promise.all(living.map((id) => issue({ id, lifetime: 101 })));
    await Promise.all(Array.from({ length: 20 }, () => issue({ lifetime: 100 })));
    await setClock(start + 100);
    expect(await store.purge(0, 100)).toEqual({ sessions: 20, subjects: 0 });
    expect(await idsIn(opened)).toEqual(living);
  });

  test('purge() removes at most one batch, the longest expired first', async () => {
    const opened = await open();
    const { store, setClock, issue } = opened;
    for (const lifetime of [3, 1, 5, 2, 4]) await issue({ id: `of ${lifetime}`, lifetime });
    await setClock(start + 5);
    expect(await store.purge(0, 2)).toEqual({ sessions: 2, subjects: 0 });
    expect(await idsIn(opened)).toEqual(['of 3', 'of 4', 'of 5']);
    expect(await store.purge(0, 2)).toEqual({ sessions: 2, subjects: 0 });
    expect(await store.purge(0, 2)).toEqual({ sessions: 1, subjects: 0 });
    expect(await store.purge(0, 2)).toEqual({ sessions: 0, subjects: 0 });
  });

  test('purge() removes the tombstone of a subject without sessions', async () => {
    const { store, other, setClock, issue } = await open();
    await issue({ lifetime: 100 });
    await setClock(start + 10);
    await store.deleteSubject('bob');
    await setClock(start + 99);
    expect(await store.purge(0, 10)).toEqual({ sessions: 0, subjects: 0 });
    expect(await other.readSubject('bob')).toMatchObject({ deletedAt: start + 10 });
    await setClock(start + 100);
    expect(await store.purge(0, 10)).toEqual({ sessions: 1, subjects: 1 });
    expect(await other.readSubject('bob')).toBeUndefined();
  });

  test('purge() keeps a tombstone while a revoked session of the subject is stored', async () => {
    const { store, setClock } = await open();
    await store.deleteSubject('bob');
    await setClock(start + 49);
    expect(await store.purge(50, 10)).toEqual({ sessions: 0, subjects: 0 });
    await setClock(start + 50);
    expect(await store.purge(50, 10)).toEqual({ sessions: 0, subjects: 1 });
  });

  test('purge() keeps a subject that is not deleted', async () => {
    const { store, other, setClock, issue } = await open();
    await store.putSubject('rob', details);
    await store.disableSubject('rob');
    await issue({ lifetime: 1 });
    await setClock(start + 1_000_000);
    expect(await store.purge(0, 10)).toEqual({ sessions: 1, subjects: 0 });
    expect([await other.readSubject('bob'), await other.readSubject('rob')]).toMatchObject([
      { id: 'bob' },
      { id: 'rob' },
    ]);
  });

  test('purge() counts tombstones as part of the batch', async () => {
    const { store, setClock, issue } = await open();
    for (const id of ['a', 'b', 'c']) {
      await store.putSubject(id, details);
      await store.deleteSubject(id);
    }
    await issue({ lifetime: 1 });
    await setClock(start + 1);
    expect(await store.purge(0, 3)).toEqual({ sessions: 1, subjects: 2 });
    expect(await store.purge(0, 3)).toEqual({ sessions: 0, subjects: 1 });
  });

  test('two concurrent purge() calls remove and count each row once', async () => {
    const opened = await open();
    const { store, other, setClock, issue } = opened;
    await Promise.all(Array.from({ length: 60 }, () => issue({ lifetime: 1 })));
    await setClock(start + 1);
    const purged = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).purge(0, 7)));
    expect(purged.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(60);
    expect(await idsIn(opened)).toEqual([]);
  });

  test('purge() does not disturb rotations of active sessions', async () => {
    const { store, other, setClock, issue, stored } = await open();
    await Promise.all(Array.from({ length: 100 }, () => issue({ lifetime: 1 })));
    const living = await Promise.all(Array.from({ length: 30 }, () => issue({ lifetime: 2 })));
    await setClock(start + 1);
    const [rotated, purged] = await Promise.all([
      Promise.all(living.map((session) => store.rotate(session, { ...session, generation: 1 }))),
      Promise.all(Array.from({ length: 20 }, () => other.purge(0, 5))),
    ]);
    expect(rotated).toEqual(living.map(() => true));
    expect(purged.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(100);
    for (const session of living) expect(await stored(session)).toEqual({ ...session, generation: 1 });
  });

  test('purge() concurrent with a rotation leaves no session to rotate', async () => {
    const { store, other, setClock, issue, stored } = await open();
    const sessions = await Promise.all(Array.from({ length: 30 }, () => issue({ lifetime: 1 })));
    await setClock(start + 1);
    await Promise.all([
      ...sessions.map((session) => store.rotate(session, { ...session, generation: 1 })),
      other.purge(0, 30),
    ]);
    for (const session of sessions) expect(await stored(session)).toBeUndefined();
    const late = sessions.map((session) => store.rotate({ ...session, generation: 1 }, { ...session, generation: 2 }));
    expect(await Promise.all(late)).toEqual(sessions.map(() => false));
  });

  test('purge() concurrent with putSubject() keeps the new subject', async () => {
    const { store, other, setClock } = await open();
    const ids = Array.from({ length: 30 }, (_, index) => `subject ${index}`);
    for (const id of ids) {
      await store.putSubject(id, details);
      await store.deleteSubject(id);
    }
    await setClock(start + 1);
    await Promise.all([
      Promise.all(ids.map((id) => store.putSubject(id, details))),
      Promise.all(Array.from({ length: 10 }, () => other.purge(0, 3))),
    ]);
    for (const id of ids) expect(await other.readSubject(id)).toMatchObject({ ...details, deletedAt: undefined });
  });
}
