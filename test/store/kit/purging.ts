// What is over is removed in batches; what lives, or may still matter, never is.
import { expect, test } from 'vitest';
import { details, start, type Open, type Opened } from './opened.ts';

const idsIn = async ({ other }: Opened) => (await other.listSessions({})).map(({ id }) => id).sort();

export function purging(open: Open): void {
  test('removes sessions from the second on in which their lifetime has been over for so long', async () => {
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

  test('keeps a revoked session until its lifetime is over, so that what was done about it can be told', async () => {
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

  test('never removes a living session, however many are over', async () => {
    const opened = await open();
    const { store, setClock, issue } = opened;
    const living = Array.from({ length: 20 }, (_, index) => `living ${index}`).sort();
    await Promise.all(living.map((id) => issue({ id, lifetime: 101 })));
    await Promise.all(Array.from({ length: 20 }, () => issue({ lifetime: 100 })));
    await setClock(start + 100);
    expect(await store.purge(0, 100)).toEqual({ sessions: 20, subjects: 0 });
    expect(await idsIn(opened)).toEqual(living);
  });

  test('removes no more than a batch at a time, the longest ended first', async () => {
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

  test('removes the tombstone of a subject once no session of it is left, and no sooner', async () => {
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

  test('keeps a tombstone for as long as a session that has ended', async () => {
    const { store, setClock } = await open();
    await store.deleteSubject('bob');
    await setClock(start + 49);
    expect(await store.purge(50, 10)).toEqual({ sessions: 0, subjects: 0 });
    await setClock(start + 50);
    expect(await store.purge(50, 10)).toEqual({ sessions: 0, subjects: 1 });
  });

  test('never removes a subject that is there, with sessions or without, enabled or not', async () => {
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

  test('counts tombstones into the batch', async () => {
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

  test('on two sides at once removes everything once, and counts nothing twice', async () => {
    const opened = await open();
    const { store, other, setClock, issue } = opened;
    await Promise.all(Array.from({ length: 60 }, () => issue({ lifetime: 1 })));
    await setClock(start + 1);
    const purged = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).purge(0, 7)));
    expect(purged.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(60);
    expect(await idsIn(opened)).toEqual([]);
  });

  test('among rotations of living sessions lets every one of them through', async () => {
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

  test('that meets the rotation of the same session leaves nothing of it, and no rotation after that goes through', async () => {
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

  test('that meets a subject coming back leaves it there with what it was given', async () => {
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
