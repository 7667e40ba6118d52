// A backup and its way back: whole or not at all, alone with the database, and with what was shut out since.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RefractError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { nothingKnown } from '../../../src/observe/audit.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { backUp } from '../../../src/store/sqlite/backup.ts';
import { restore, type RestoreOptions, type RestoreStep, type Restored } from '../../../src/store/sqlite/restore.ts';
import { change, connectTo, damage, schemaIn, takeLastStepBack } from '../../shared/database.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { draftOf } from '../kit/opened.ts';

const start = 1_700_000_000;
const nothing = { email: undefined, account: undefined, role: undefined };
const restoringScript = fileURLToPath(new URL('restoring.ts', import.meta.url));
const processScript = fileURLToPath(new URL('process.ts', import.meta.url));

/** A database with sessions `a` to `d` of subjects of the same names, a backup of it, and a way to change it. */
async function backedUp() {
  const folder = temporaryFolder();
  const [database, file] = [join(folder, 'refract.db'), join(folder, 'backup')];
  const inside = async <Result>(use: (store: Store) => Promise<Result>, now = start): Promise<Result> => {
    const store = openSqliteStore({ file: database, busyTimeout: 0, clock: () => now });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  await inside(async (store) => {
    for (const id of ['a', 'b', 'c', 'd']) {
      await store.putSubject(id, { ...nothing, email: `${id}@mail.com` });
      await store.issue(draftOf({ id, subjectId: id }));
    }
    await store.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'x' });
  });
  const contents = backUp(database, file, 0);
  const restored = (options: Partial<RestoreOptions> = {}): Restored =>
    restore({ file, database, busyTimeout: 0, revocations: undefined, now: start + 50, ...options });
  const sessions = () => inside((store) => store.listSessions({}));
  return { folder, database, file, contents, inside, restored, sessions };
}

/** What happened since the backup, of every kind. */
async function shutOut(store: Store): Promise<void> {
  await store.revoke('a', 'requested');
  await store.disableSubject('b');
  await store.deleteSubject('c');
  await store.changeCredentials('d');
  const { session } = await store.read('d');
  if (session) await store.rotate({ ...session }, { generation: 1, rotatedAt: start + 5, keyId: 'first' });
  await store.replaceKeySets({ id: 'fresh', contract: 'xerial', sealed: 'y' }, 'compromised_keys');
  await store.addNextKeySet({ id: 'second', contract: 'fib', sealed: 'z' });
  await store.promoteKeySet('fib', 'second');
  await store.removeKeySet('first', 0, true);
  await store.putSubject('new', nothing);
  await store.issue(draftOf({ id: 'new', subjectId: 'new', keyId: 'second' }));
}

const forgotten = {
  revokedSessions: ['a'],
  disabledSubjects: ['b'],
  deletedSubjects: ['c'],
  changedCredentials: ['d'],
  removedKeySets: ['first'],
};

describe('a backup', () => {
  test('holds what was committed, is for its owner alone, and is one file', async () => {
    const { folder, file, contents } = await backedUp();
    expect(contents).toEqual({ sessions: 4, subjects: 4, keySets: 1 });
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(folder).sort()).toEqual(['backup', 'refract.db']);
  });

  test('never overwrites a file, and leaves none where it fails', async () => {
    const { folder, file, database } = await backedUp();
    const before = readFileSync(file);
    expect(() => backUp(database, file, 0)).toThrow(
      new RefractError('store', `${file} is there already and is not overwritten; choose another name.`),
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

  test('leaves the database as it is, also one of an older release', async () => {
    const { folder, database } = await backedUp();
    const older = takeLastStepBack(database);
    backUp(database, join(folder, 'older'), 0);
    expect([schemaIn(database), schemaIn(join(folder, 'older'))]).toEqual([older, older]);
  });
});

describe('a restored database', () => {
  test('is the backup, while the replaced one is kept whole beside it', async () => {
    const { database, inside, restored, sessions } = await backedUp();
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

  test('has what the log of a killed process still held in the one that is kept', async () => {
    const { folder, database, file, restored } = await backedUp();
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

  test('where there was none is made, with its folder', async () => {
    const { folder, restored } = await backedUp();
    const database = join(folder, 'some', 'where', 'refract.db');
    expect(restored({ database })).toMatchObject({ comparison: { kind: 'nothing' }, keptAs: undefined });
    expect(readdirSync(join(folder, 'some', 'where'))).toEqual(['refract.db']);
  });

  test('that is reached by a link is replaced where the link leads, which stays; also where it leads nowhere yet', async () => {
    const { folder, database, inside, restored, sessions } = await backedUp();
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

  test('of an older release has the present schema', async () => {
    const { folder, file, restored } = await backedUp();
    const older = takeLastStepBack(file);
    const database = join(folder, 'new.db');
    expect(restored({ database })).toMatchObject({ kind: 'restored', migratedFrom: older });
    expect([schemaIn(database), schemaIn(file)]).toEqual([older + 1, older]);
  });
});

describe('what was shut out since the backup', () => {
  test('is told, and nothing is restored without a word about it', async () => {
    const { folder, database, inside, restored } = await backedUp();
    await inside(shutOut, start + 10);
    const before = readFileSync(database);
    const lost = { newerSessions: 1, newerSubjects: 1, movedSessions: 0 };
    expect(restored()).toEqual({ kind: 'refused', comparison: { kind: 'compared', forgotten, lost } });
    expect(readFileSync(database).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['backup', 'refract.db']);
  });

  test('stays so when it is taken over: revoked, disabled, removed, changed, and the keys of now', async () => {
    const { inside, restored } = await backedUp();
    await inside(shutOut, start + 10);
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

  test('is as it was then when it is given up', async () => {
    const { inside, restored, sessions } = await backedUp();
    const before = await sessions();
    await inside(shutOut, start + 10);
    expect(restored({ revocations: 'forget' })).toMatchObject({ isTakenOver: false, comparison: { forgotten } });
    expect(await sessions()).toEqual(before);
    await inside(async (store) => {
      expect(await store.readSubject('b')).toMatchObject({ disabledAt: undefined });
      expect(await store.readSubject('c')).toMatchObject({ deletedAt: undefined });
      expect((await store.readKeySets()).map(({ id }) => id)).toEqual(['first']);
    });
  });

  test('of a session that is over by now is nothing to decide about', async () => {
    const { inside, restored } = await backedUp();
    await inside((store) => store.revoke('a', 'requested'));
    expect(restored({ now: start + 999 })).toMatchObject({ kind: 'refused' });
    expect(restored({ now: start + 1_000 })).toMatchObject({ kind: 'restored', isTakenOver: true });
  });

  test('the audit trail is taken over as a whole, what was written since the backup and before', async () => {
    const { database, inside, restored } = await backedUp();
    const event = { ...nothingKnown, type: 'revoked', actor: 'cli' } as const;
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

  test('counts a subject whose tombstone was purged as removed, and leaves its tombstone again', async () => {
    const { inside, restored } = await backedUp();
    await inside((store) => store.deleteSubject('c'));
    await inside((store) => store.purge(0, 100), start + 1_000);
    expect(restored()).toMatchObject({ kind: 'refused', comparison: { forgotten: { deletedSubjects: ['c'] } } });
    restored({ revocations: 'take-over' });
    expect(await inside((store) => store.readSubject('c'))).toMatchObject({ deletedAt: start + 50, email: undefined });
  });

  test('is nothing where sessions were only refreshed; they go on from where they are', async () => {
    const { inside, restored } = await backedUp();
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
    ['is no database any more', (database) => writeFileSync(database, 'x'.repeat(9_000)), /^it is damaged \(file is /],
    [
      'was upgraded by a newer release',
      (database) => change(database, 'PRAGMA user_version = 999'),
      /^it has schema 999, and this Refract knows schemas up to \d+$/,
    ],
  ])('cannot be told where the database %s: it is to be given up in so many words', async (_how, spoil, why) => {
    const { database, restored, sessions } = await backedUp();
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

describe('what cannot be restored is refused in one sentence, and nothing is changed', () => {
  test('a database that another connection has open, even one that does nothing', async () => {
    const { folder, database, restored } = await backedUp();
    const server = openSqliteStore({ file: database, busyTimeout: 0 });
    onTestFinished(() => server.close());
    const sentence = `${database} is in use: stop the server and whatever else has it open, or restore to another file with --db.`;
    for (const revocations of [undefined, 'take-over', 'forget'] as const) {
      expect(() => restored({ revocations })).toThrow(new RefractError('store', sentence));
    }
    await server.issue(draftOf({ id: 'e', subjectId: 'a' }));
    expect(readdirSync(folder).filter((name) => name.includes('restor'))).toEqual([]);
  });

  test('a database that another process has open, which has opened it more than once', async () => {
    const { database, file, sessions } = await backedUp();
    const before = await sessions();
    // Whoever closes any descriptor of a file gives up all locks that his process has on it.
    for (const server of [1, 2].map(() => openSqliteStore({ file: database, busyTimeout: 0 }))) {
      onTestFinished(() => server.close());
    }
    const { status, stderr } = spawnSync(process.execPath, [restoringScript, file, database, 'closed']);
    expect([status, String(stderr)]).toEqual([1, expect.stringContaining(' is in use: stop the server and ')]);
    expect(await sessions()).toEqual(before);
  });

  test.each<[string, (file: string, database: string) => void, RegExp]>([
    ['a text', (file) => writeFileSync(file, 'Dear diary, '.repeat(1_000)), /is no backup of Refract\.$/],
    ['an empty file', (file) => writeFileSync(file, ''), /is empty: making this backup was broken off\.$/],
    [
      'another program’s database',
      (file) => connectTo(file).pragma('application_id = 7'),
      /is no backup of Refract\.$/,
    ],
    [
      'one of a newer release',
      (file) => connectTo(file).pragma('user_version = 999'),
      /has schema 999, and this Refract knows schemas up to \d+; restore it with the release that made it, or a newer one\.$/,
    ],
    ['a damaged one', (file) => damage(file), /^The backup .* is damaged: .+\.$/],
    [
      'a database in use',
      (file) => {
        connectTo(file).pragma('journal_mode = WAL');
        connectTo(file).exec('CREATE TABLE note (text)');
      },
      /is a database in use, not a backup; make one with refract backup\.$/,
    ],
  ])('%s', async (_what, spoil, sentence) => {
    const { folder, file, database, restored, sessions } = await backedUp();
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

  test('the database itself, whatever it is called, and what is not there or no file', async () => {
    const { folder, database, restored } = await backedUp();
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

describe('a restore that is killed', () => {
  const steps: readonly RestoreStep[] = ['locked', 'staged', 'taken over', 'kept', 'in one file', 'replaced', 'closed'];
  test.each(steps)(
    'when it is %s leaves the old database whole or the new one, and can be done again',
    async (step) => {
      const { database, file, inside, restored } = await backedUp();
      await inside(shutOut, start + 10);
      // With a log that was not written back, as a killed server leaves it.
      const open = openSqliteStore({ file: database, busyTimeout: 0 });
      await open.putSubject('last', nothing);
      const crashed = `${database}.crashed`;
      for (const ending of ['', '-wal', '-shm']) copyFileSync(database + ending, crashed + ending);
      await open.close();

      const { signal, stderr } = spawnSync(process.execPath, [restoringScript, file, crashed, step]);
      expect(signal, String(stderr)).toBe('SIGKILL');
      const isNew = step === 'replaced' || step === 'closed';
      const store = openSqliteStore({ file: crashed, busyTimeout: 0 });
      expect((await store.readSubject('last')) !== undefined, 'the old one').toBe(!isNew);
      expect((await store.readSubject('new')) !== undefined, 'the old one').toBe(!isNew);
      expect((await store.read('a')).session?.revokedReason).toBe('requested');
      expect((await store.listSessions({})).length).toBe(isNew ? 4 : 5);
      await store.close();
      const connection = connectTo(crashed);
      expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
      connection.close();
      expect(restored({ database: crashed, revocations: 'take-over' })).toMatchObject({ kind: 'restored' });
    },
  );

  test('when nothing was there before leaves nothing that would be in the way', async () => {
    const { folder, file, restored } = await backedUp();
    for (const step of steps) {
      const database = join(folder, `${step}.db`);
      expect(spawnSync(process.execPath, [restoringScript, file, database, step]).signal).toBe('SIGKILL');
      const store = openSqliteStore({ file: database, busyTimeout: 0 });
      const isNew = step === 'replaced' || step === 'closed';
      expect((await store.listSessions({})).length, step).toBe(isNew ? 4 : 0);
      await store.close();
      expect(restored({ database }), step).toMatchObject({ kind: 'restored' });
    }
  });
});

test('whoever waits for the database while it is replaced opens the one that is there then', async () => {
  const { database, restored, inside } = await backedUp();
  const before = await inside((store) => store.putSubject('bob', nothing));
  const waiting: ChildProcess[] = [];
  onTestFinished(() => waiting.forEach((child) => child.kill()));
  restored({
    onStep: (step) => {
      if (step !== 'locked') return;
      const child = spawn(process.execPath, [processScript, 'open', database], { stdio: ['ignore', 'pipe', 'pipe'] });
      waiting.push(child);
      while (!hasOpen(child, database)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    },
  });
  const ended = await Promise.all(waiting.map(outputOf));
  const bob = await inside((store) => store.readSubject('bob'));
  expect(bob?.credentialVersion).not.toBe(before.credentialVersion);
  expect(ended).toEqual([`ready\n${JSON.stringify(bob?.credentialVersion)}`]);
});

/** Whether the process has the file open, as Linux tells it; elsewhere, whether it has been started. */
function hasOpen({ pid, exitCode }: ChildProcess, file: string): boolean {
  const descriptors = `/proc/${String(pid)}/fd`;
  if (exitCode !== null || !existsSync(descriptors)) return true;
  return readdirSync(descriptors).some((name) => {
    try {
      return readlinkSync(join(descriptors, name)) === file;
    } catch {
      // Closed meanwhile.
      return false;
    }
  });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let [output, complaint] = ['', ''];
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (complaint += String(chunk)));
  await once(child, 'close');
  return output + complaint;
}

/** What a database has that never was the one that was backed up. */
function unrelated(database: string): void {
  change(database, "DELETE FROM session; DELETE FROM key_set; UPDATE subject SET credential_version = 'another'");
}
