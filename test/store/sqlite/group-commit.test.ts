// Group commit: queued writes share one transaction, and each fails alone.
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Session } from '../../../src/engine/session.ts';
import { openSqliteStore, type GroupCommitted } from '../../../src/store/sqlite.ts';
import { createGroupCommit } from '../../../src/store/sqlite/group-commit.ts';
import { connectTo } from '../../shared/database.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { draftOf } from '../kit/test-store.ts';
import { countCommits } from './wal.ts';

const nothing = { email: undefined, account: undefined, role: undefined };

/** A store with `count` sessions of one subject. */
async function storeWith(count: number) {
  const file = join(temporaryFolder(), 'refract.db');
  const store = openSqliteStore({ file, busyTimeout: 0, clock: () => 1_700_000_000 });
  onTestFinished(() => store.close());
  await store.putSubject('bob', nothing);
  await Promise.all(Array.from({ length: count }, (_, index) => store.issue(draftOf({ id: `session ${index}` }))));
  const sessions = await store.listSessions({});
  const rotate = (session: Session, keyId = 'second') => store.rotate(session, { generation: 1, rotatedAt: 5, keyId });
  return { file, store, sessions, rotate };
}

describe('queued writes', () => {
  test('queued writes share one transaction', async () => {
    const { file, sessions, rotate } = await storeWith(100);
    const before = countCommits(file);
    expect(new Set(await Promise.all(sessions.map((session) => rotate(session))))).toEqual(new Set([true]));
    expect(countCommits(file) - before).toBe(1);
  });

  test('600 queued writes are committed in three groups', async () => {
    const { file, store, sessions } = await storeWith(600);
    const before = countCommits(file);
    await Promise.all(sessions.map(({ id }) => store.revoke(id, 'requested')));
    expect((await store.listSessions({})).every(({ revokedAt }) => revokedAt !== undefined)).toBe(true);
    expect(countCommits(file) - before).toBe(Math.ceil(600 / 256));
  });

  test('sequential writes have a transaction each', async () => {
    const { file, sessions, rotate } = await storeWith(3);
    const before = countCommits(file);
    for (const session of sessions) await rotate(session);
    expect(countCommits(file) - before).toBe(3);
  });

  test('queued writes are committed in the order of their calls', async () => {
    const { store } = await storeWith(0);
    const roles = ['a', 'b', 'c', 'd'];
    const put = await Promise.all(roles.map((role) => store.putSubject('rob', { ...nothing, role })));
    expect(put.map(({ role }) => role)).toEqual(roles);
    expect(await store.readSubject('rob')).toMatchObject({ role: 'd' });
  });

  test('queued writes are durable before any of them resolves', async () => {
    const { file, sessions, rotate } = await storeWith(20);
    const reader = connectTo(file).prepare<[], number>('SELECT count(*) FROM session WHERE generation = 1').pluck();
    const seen = await Promise.all(sessions.map((session) => rotate(session).then(() => reader.get())));
    expect(seen).toEqual(sessions.map(() => sessions.length));
  });

  test('close() commits pending writes', async () => {
    const { file, store, sessions, rotate } = await storeWith(300);
    const rotated = Promise.all(sessions.map((session) => rotate(session)));
    await store.close();
    expect(new Set(await rotated)).toEqual(new Set([true]));
    const { generations } = connectTo(file)
      .prepare<[], { generations: number }>('SELECT sum(generation) AS generations FROM session')
      .get() ?? { generations: 0 };
    expect(generations).toBe(300);
  });
});

describe('a failing write', () => {
  test('a failing write leaves the others of its group committed', async () => {
    const { file, sessions, rotate, store } = await storeWith(5);
    connectTo(file).exec(
      `CREATE TRIGGER poison BEFORE UPDATE ON session WHEN new.key_id = 'poison' BEGIN SELECT raise(ABORT, 'poisoned'); END`,
    );
    const before = countCommits(file);
    const rotated = await Promise.allSettled(
      sessions.map((session, index) => rotate(session, index === 2 ? 'poison' : 'second')),
    );
    expect(rotated.map(({ status }) => status)).toEqual('fulfilled fulfilled rejected fulfilled fulfilled'.split(' '));
    expect(rotated[2]).toMatchObject({ reason: { message: 'poisoned' } });
    // The database is not unavailable.
    expect(rotated[2]).not.toMatchObject({ reason: expect.objectContaining({ code: 'unavailable' }) });
    expect((await store.listSessions({})).map(({ generation }) => generation)).toEqual([1, 1, 0, 1, 1]);
    expect(countCommits(file) - before).toBe(1);
  });

  test('an existing id fails only its own issue() call of a group', async () => {
    const { store } = await storeWith(0);
    const issued = await Promise.allSettled(['a', 'a', 'b'].map((id) => store.issue(draftOf({ id }))));
    expect(issued.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.listSessions({})).map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

test('probe() commits a transaction that changes nothing', async () => {
  const { file, store } = await storeWith(1);
  const all = async () => [await store.listSessions({}), await store.readSubject('bob'), await store.readKeySets()];
  const [before, commits] = [await all(), countCommits(file)];
  await store.probe();
  expect(countCommits(file) - commits).toBe(1);
  expect(await all()).toEqual(before);
  connectTo(file).exec('BEGIN IMMEDIATE');
  await expect(store.probe()).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
});

test('onCommit is called for each group, durable or not', async () => {
  const file = join(temporaryFolder(), 'refract.db');
  const groups: GroupCommitted[] = [];
  const store = openSqliteStore({ file, busyTimeout: 0, onCommit: (group) => groups.push(group) });
  onTestFinished(() => store.close());
  await Promise.all(['a', 'b', 'c'].map((id) => store.putSubject(id, nothing)));
  const other = connectTo(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.putSubject('d', nothing)).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
  expect(groups).toEqual([
    { writes: 3, seconds: expect.any(Number), isDurable: true },
    { writes: 1, seconds: expect.any(Number), isDurable: false },
  ]);
  expect(Math.min(...groups.map(({ seconds }) => seconds))).toBeGreaterThan(0);
});

describe('a failing group', () => {
  test('a failing COMMIT fails the whole group, and the next group is committed', async () => {
    const { file, sessions, rotate, store } = await storeWith(5);
    // Only the COMMIT checks a deferred constraint.
    connectTo(file).exec(
      `CREATE TABLE kept (id INTEGER PRIMARY KEY);
       CREATE TABLE promised (id INTEGER REFERENCES kept (id) DEFERRABLE INITIALLY DEFERRED);
       CREATE TRIGGER promise AFTER UPDATE ON session WHEN new.key_id = 'poison'
        BEGIN INSERT INTO promised VALUES (1); END`,
    );
    const rotated = await Promise.allSettled(
      sessions.map((session, index) => rotate(session, index === 2 ? 'poison' : 'second')),
    );
    expect(rotated.map(({ status }) => status)).toEqual(sessions.map(() => 'rejected'));
    expect(await store.listSessions({})).toEqual(sessions);
    expect(await Promise.all(sessions.map((session) => rotate(session)))).toEqual(sessions.map(() => true));
  });
});

describe('a database locked for longer than the busy timeout', () => {
  test.each<[string, (parts: Awaited<ReturnType<typeof storeWith>>) => Promise<unknown>]>([
    ['rotate', ({ rotate, sessions: [session] }) => (session ? rotate(session) : Promise.resolve())],
    ['revoke', ({ store }) => store.revoke('session 0', 'requested')],
    ['revokeAll', ({ store }) => store.revokeAll({ contract: 'fib' }, 'requested')],
    ['issue', ({ store }) => store.issue(draftOf({ id: 'new' }))],
    ['putSubject', ({ store }) => store.putSubject('new', nothing)],
    ['disableSubject', ({ store }) => store.disableSubject('bob')],
    ['deleteSubject', ({ store }) => store.deleteSubject('bob')],
    ['changeCredentials', ({ store }) => store.changeCredentials('bob')],
    ['addFirstKeySet', ({ store }) => store.addFirstKeySet({ id: 'a', contract: 'fib', sealed: 'x' })],
  ])('%s() throws unavailable on a locked database, and later succeeds', async (_name, write) => {
    const parts = await storeWith(1);
    const { file, store } = parts;
    const all = async () => [await store.listSessions({}), await store.readSubject('bob'), await store.readKeySets()];
    const before = await all();
    const other = connectTo(file);
    other.exec('BEGIN IMMEDIATE');
    const failed = await Promise.allSettled([write(parts), write(parts)]);
    const unavailable = { status: 'rejected', reason: expect.objectContaining({ code: 'unavailable' }) };
    expect(failed).toEqual([unavailable, unavailable]);
    expect(await all()).toEqual(before);
    other.exec('ROLLBACK');
    await write(parts);
    expect([await all(), await store.readSubject('new')]).not.toEqual([before, undefined]);
  });

  test('a write waits no longer than the busy timeout', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    const store = openSqliteStore({ file, busyTimeout: 50 });
    onTestFinished(() => store.close());
    connectTo(file).exec('BEGIN IMMEDIATE');
    await expect(store.revoke('a', 'requested')).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

test('a group has the write lock before its first read', async () => {
  const { file } = await storeWith(1);
  const [database, other] = [connectTo(file), connectTo(file)];
  const { commit } = createGroupCommit(database);
  const generation = 'SELECT generation FROM session';
  const rotate = 'UPDATE session SET generation = generation + 1';
  await commit(() => {
    const before = database.prepare(generation).get();
    expect(() => other.exec(rotate)).toThrow('database is locked');
    expect(database.prepare(generation).get()).toEqual(before);
    database.exec(rotate);
  });
  expect(other.prepare(generation).get()).toEqual({ generation: 1 });
});
