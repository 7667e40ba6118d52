// Backup and restore: complete or not at all, with exclusive access, and without losing revocations.
import {
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { emptyEvent } from '../../../src/observe/audit.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { backUp } from '../../../src/store/sqlite/backup.ts';
import { RefractError } from '../../../src/errors.ts';
import { change, connectTo, damage, schemaIn, takeLastStepBack } from '../../shared/database.ts';
import { draftOf } from '../kit/test-store.ts';
import { createBackup, revokeInEveryWay, start } from './backup-fixture.ts';

const forgotten = {
  revokedSessions: ['a'],
  disabledSubjects: ['b'],
  deletedSubjects: ['c'],
  changedCredentials: ['d'],
  removedKeySets: ['first'],
};

describe('a backup', () => {
  test('backUp() writes committed rows to one file for the owner only', async () => {
    const { folder, file, contents } = await createBackup();
    expect(contents).toEqual({ sessions: 4, subjects: 4, keySets: 1 });
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(folder).sort()).toEqual(['backup', 'refract.db']);
  });

  test('backUp() never overwrites a file, and leaves none if it fails', async () => {
    const { folder, file, database } = await createBackup();
    const before = readFileSync(file);
    expect(() => backUp(database, file, 0)).toThrow(
      new RefractError('store', `${file} exists and is not overwritten; choose another name.`),
    );
    expect(readFileSync(file)).toEqual(before);
    const other = join(folder, 'other.db');
    connectTo(other).exec('CREATE TABLE note (text)');
    const target = join(folder, 'target');
    expect(() => backUp(other, target, 0)).toThrow(/is a database of another program, and is not backed up\.$/);
    expect(() => backUp(join(folder, 'none'), target, 0)).toThrow(/^There is no database .*none to back up\.$/);
    expect(() => backUp(database, join(folder, 'no', 'target'), 0)).toThrow(/^The backup .* cannot be written: ENOENT/);
    expect([existsSync(target), existsSync(`${target}.partial`), existsSync(join(folder, 'none'))]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('backUp() does not change the database, even of an older release', async () => {
    const { folder, database } = await createBackup();
    const older = takeLastStepBack(database);
    backUp(database, join(folder, 'older'), 0);
    expect([schemaIn(database), schemaIn(join(folder, 'older'))]).toEqual([older, older]);
  });
});

describe('a restored database', () => {
  test('restore() replaces the database and keeps the old one beside it', async () => {
    const { database, inside, restored, sessions } = await createBackup();
    const before = await sessions();
    await inside((store) => store.issue(draftOf({ id: 'e', subjectId: 'a' })));
    const done = restored();
    const keptAs = `${database}.before-restore-20231114T221410Z`;
    expect(done).toMatchObject({
      kind: 'restored',
      comparison: { kind: 'compared', lost: { newerSessions: 1, newerSubjects: 0, movedSessions: 0 } },
      contents: { sessions: 4, subjects: 4, keySets: 1 },
      migratedFrom: undefined,
      keptAs,
    });
    expect(await sessions()).toEqual(before);
    expect((statSync(database).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(keptAs).mode & 0o777).toString(8)).toBe('600');
    expect(connectTo(keptAs).prepare('SELECT count(*) FROM session').pluck().get()).toBe(5);
  });

  test('restore() keeps each replaced database under another name', async () => {
    const { database, restored } = await createBackup();
    const kept = [restored(), restored(), restored()].map((done) =>
      done.kind === 'refused' ? undefined : done.keptAs,
    );
    const name = `${database}.before-restore-20231114T221410Z`;
    expect(kept).toEqual([name, `${name}-2`, `${name}-3`]);
  });

  test('restore() keeps commits that were only in the log of a killed process', async () => {
    const { folder, database, file, restored } = await createBackup();
    const open = openSqliteStore({ file: database, busyTimeout: 0 });
    await open.issue(draftOf({ id: 'e', subjectId: 'a' }));
    const crashed = join(folder, 'crashed.db');
    for (const ending of ['', '-wal', '-shm']) copyFileSync(database + ending, crashed + ending);
    await open.close();
    const done = restored({ database: crashed, file });
    if (done.kind === 'refused' || done.keptAs === undefined) throw new Error('not kept');
    expect(connectTo(done.keptAs).prepare('SELECT count(*) FROM session').pluck().get()).toBe(5);
    expect(connectTo(crashed).prepare('SELECT count(*) FROM session').pluck().get()).toBe(4);
    expect(readdirSync(folder).filter((name) => /-(wal|shm|journal)$/.test(name))).toEqual([]);
  });

  test('restore() creates a missing database and its folder', async () => {
    const { folder, restored } = await createBackup();
    const database = join(folder, 'some', 'where', 'refract.db');
    expect(restored({ database })).toMatchObject({ comparison: { kind: 'nothing' }, keptAs: undefined });
    expect(readdirSync(join(folder, 'some', 'where'))).toEqual(['refract.db']);
  });

  test('restore() replaces the target of a link, even a missing one', async () => {
    const { folder, database, inside, restored, sessions } = await createBackup();
    await inside((store) => store.issue(draftOf({ id: 'e', subjectId: 'a' })));
    const [link, dangling] = [join(folder, 'link.db'), join(folder, 'dangling.db')];
    symlinkSync(database, link);
    symlinkSync(join(folder, 'target.db'), dangling);
    expect(restored({ database: link })).toMatchObject({ kind: 'restored' });
    expect([await sessions(), lstatSync(link).isSymbolicLink()]).toEqual([
      expect.objectContaining({ length: 4 }),
      true,
    ]);
    expect(restored({ database: dangling })).toMatchObject({ kind: 'restored', keptAs: undefined });
    expect(lstatSync(dangling).isSymbolicLink()).toBe(true);
    expect(connectTo(join(folder, 'target.db')).prepare('SELECT count(*) FROM session').pluck().get()).toBe(4);
  });

  test('restore() migrates a backup of an older release', async () => {
    const { folder, file, restored } = await createBackup();
    const older = takeLastStepBack(file);
    const database = join(folder, 'new.db');
    expect(restored({ database })).toMatchObject({ kind: 'restored', migratedFrom: older });
    expect([schemaIn(database), schemaIn(file)]).toEqual([older + 1, older]);
  });
});

describe('revocations since the backup', () => {
  test('restore() refuses to undo revocations without a decision', async () => {
    const { folder, database, inside, restored } = await createBackup();
    await inside(revokeInEveryWay, start + 10);
    const before = readFileSync(database);
    const lost = { newerSessions: 1, newerSubjects: 1, movedSessions: 0 };
    expect(restored()).toEqual({ kind: 'refused', comparison: { kind: 'compared', forgotten, lost } });
    expect(readFileSync(database).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['backup', 'refract.db']);
  });

  test('restore() with take-over keeps revocations and the current keys', async () => {
    const { inside, restored } = await createBackup();
    await inside(revokeInEveryWay, start + 10);
    expect(restored({ revocations: 'take-over' })).toMatchObject({ isTakenOver: true });
    await inside(async (store) => {
      const { session: a } = await store.read('a');
      expect(a).toMatchObject({ revokedAt: start + 10, revokedReason: 'requested' });
      expect(await store.readSubject('b')).toMatchObject({ disabledAt: start + 10, email: 'b@mail.com' });
      expect(await store.readSubject('c')).toMatchObject({ deletedAt: start + 10, email: undefined });
      const d = await store.read('d');
      expect(d.subject?.credentialVersion).not.toBe(d.session?.credentialVersion);
      expect(d.subject?.deletedAt).toBeUndefined();
      expect((await store.readKeySets()).map(({ id, state }) => [id, state])).toEqual([
        ['fresh', 'active'],
        ['second', 'active'],
      ]);
      expect(await store.readSubject('new')).toBeUndefined();
    });
  });

  test('restore() with forget undoes revocations', async () => {
    const { inside, restored, sessions } = await createBackup();
    const before = await sessions();
    await inside(revokeInEveryWay, start + 10);
    expect(restored({ revocations: 'forget' })).toMatchObject({ isTakenOver: false, comparison: { forgotten } });
    expect(await sessions()).toEqual(before);
    await inside(async (store) => {
      expect(await store.readSubject('b')).toMatchObject({ disabledAt: undefined });
      expect(await store.readSubject('c')).toMatchObject({ deletedAt: undefined });
      expect((await store.readKeySets()).map(({ id }) => id)).toEqual(['first']);
    });
  });

  test('restore() needs no decision on an expired session', async () => {
    const { inside, restored } = await createBackup();
    await inside((store) => store.revoke('a', 'requested'));
    expect(restored({ now: start + 999 })).toMatchObject({ kind: 'refused' });
    expect(restored({ now: start + 1_000 })).toMatchObject({ kind: 'restored', isTakenOver: true });
  });

  test('restore() with take-over keeps the whole audit trail', async () => {
    const { database, inside, restored } = await createBackup();
    const event = { ...emptyEvent, type: 'revoked', actor: 'cli' } as const;
    await inside((store) => store.appendAudit([{ ...event, id: 'a' }]));
    const file = `${database}-later`;
    backUp(database, file, 0);
    await inside((store) => store.appendAudit([{ ...event, id: 'b' }]), start + 10);
    expect(restored({ file, revocations: 'take-over' })).toMatchObject({ kind: 'restored' });
    const events = await inside((store) => store.readAudit({}, { limit: 10 }));
    expect(events.map(({ id, at }) => [id, at])).toEqual([
      ['b', start + 10],
      ['a', start],
    ]);
  });

  test('restore() treats a subject whose tombstone was purged as removed', async () => {
    const { inside, restored } = await createBackup();
    await inside((store) => store.deleteSubject('c'));
    await inside((store) => store.purge(0, 100), start + 1_000);
    expect(restored()).toMatchObject({ kind: 'refused', comparison: { forgotten: { deletedSubjects: ['c'] } } });
    restored({ revocations: 'take-over' });
    expect(await inside((store) => store.readSubject('c'))).toMatchObject({ deletedAt: start + 50, email: undefined });
  });

  test('restore() needs no decision on refreshes, which sessions continue from', async () => {
    const { inside, restored } = await createBackup();
    const next = { generation: 7, rotatedAt: start + 9, keyId: 'first' };
    await inside(async (store) => {
      const { session } = await store.read('a');
      if (session) await store.rotate(session, next);
    });
    expect(restored()).toMatchObject({ kind: 'restored', comparison: { lost: { movedSessions: 1 } } });
    expect((await inside((store) => store.read('a'))).session).toMatchObject(next);
  });

  test.each<[string, (database: string) => void, RegExp]>([
    ['shares nothing with the backup', (database) => unrelated(database), /^it shares nothing with the backup$/],
    ['is damaged', (database) => damage(database), /^it is damaged \(.+\)$/],
    ['is no longer a database', (database) => writeFileSync(database, 'x'.repeat(9_000)), /^it is damaged \(file is /],
    [
      'was upgraded by a newer release',
      (database) => change(database, 'PRAGMA user_version = 999'),
      /^it has schema 999, and this Refract knows schemas up to \d+$/,
    ],
  ])('restore() needs a decision if the replaced database %s', async (_how, spoil, why) => {
    const { database, restored, sessions } = await createBackup();
    spoil(database);
    const before = readFileSync(database);
    for (const revocations of [undefined, 'take-over'] as const) {
      const refused = { kind: 'refused', comparison: { kind: 'incomparable', why: expect.stringMatching(why) } };
      expect(restored({ revocations })).toMatchObject(refused);
    }
    const done = restored({ revocations: 'forget' });
    if (done.kind === 'refused' || done.keptAs === undefined) throw new Error('not kept');
    expect(await sessions()).toHaveLength(4);
    if (/damaged/.test(why.source)) expect(readFileSync(done.keptAs).equals(before)).toBe(true);
  });
});

describe('refused restores', () => {
  test('restore() refuses a database that another connection has open', async () => {
    const { folder, database, restored } = await createBackup();
    const server = openSqliteStore({ file: database, busyTimeout: 0 });
    onTestFinished(() => server.close());
    const sentence = `${database} is in use: stop the server and other users of the file, or restore elsewhere with --db.`;
    for (const revocations of [undefined, 'take-over', 'forget'] as const) {
      expect(() => restored({ revocations })).toThrow(new RefractError('store', sentence));
    }
    await server.issue(draftOf({ id: 'e', subjectId: 'a' }));
    expect(readdirSync(folder).filter((name) => name.includes('restor'))).toEqual([]);
  });

  test.each<[string, (file: string, database: string) => void, RegExp]>([
    ['a text', (file) => writeFileSync(file, 'Dear diary, '.repeat(1_000)), /is no backup of Refract\.$/],
    ['an empty file', (file) => writeFileSync(file, ''), /is empty: the backup was not finished\.$/],
    [
      'another program’s database',
      (file) => connectTo(file).pragma('application_id = 7'),
      /is no backup of Refract\.$/,
    ],
    [
      'a database of a newer release',
      (file) => connectTo(file).pragma('user_version = 999'),
      /has schema 999, and this Refract knows schemas up to \d+; restore it with the release that made it, or a newer one\.$/,
    ],
    ['a damaged file', (file) => damage(file), /^The backup .* is damaged: .+\.$/],
    [
      'a database in use',
      (file) => {
        connectTo(file).pragma('journal_mode = WAL');
        connectTo(file).exec('CREATE TABLE note (text)');
      },
      /is a database in use, not a backup; make one with refract backup\.$/,
    ],
  ])('restore() refuses as a backup %s', async (_what, spoil, sentence) => {
    const { folder, file, database, restored, sessions } = await createBackup();
    const before = await sessions();
    spoil(file, database);
    const files = readdirSync(folder).sort();
    expect(() => restored({ revocations: 'forget' })).toThrow(expect.objectContaining({ code: 'store' }));
    expect(() => restored({ revocations: 'forget' })).toThrow(sentence);
    expect(readdirSync(folder).sort()).toEqual(files);
    expect(await sessions()).toEqual(before);
    const elsewhere = join(folder, 'elsewhere.db');
    expect(() => restored({ database: elsewhere })).toThrow(sentence);
    expect(existsSync(elsewhere)).toBe(false);
  });

  test('restore() refuses the database itself, a missing file and a folder', async () => {
    const { folder, database, restored } = await createBackup();
    expect(() => restored({ file: join(folder, '.', 'refract.db') })).toThrow(/refract\.db is the database itself; /);
    expect(() => restored({ file: join(folder, 'none') })).toThrow(/^There is no backup .*none\.$/);
    expect(() => restored({ file: folder })).toThrow(/ is not a file\.$/);
    const other = join(folder, 'other.db');
    connectTo(other).exec('CREATE TABLE note (text)');
    expect(() => restored({ database: other, revocations: 'forget' })).toThrow(
      new RefractError('store', `${other} is a database of another program and is not replaced.`),
    );
    expect(existsSync(database)).toBe(true);
  });
});

/** Fills a database that has no common history with the backup. */
function unrelated(database: string): void {
  change(database, "DELETE FROM session; DELETE FROM key_set; UPDATE subject SET credential_version = 'another'");
}
