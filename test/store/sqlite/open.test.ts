// Opening the file: durable, private, and with the schema of Refract.
import Database from 'better-sqlite3';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RefractError } from '../../../src/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { connectTo } from '../../shared/database.ts';
import { temporaryFolder } from '../../shared/folder.ts';

const nothing = { email: undefined, account: undefined, role: undefined };

function openStore(file: string) {
  const store = openSqliteStore({ file, busyTimeout: 0 });
  onTestFinished(() => store.close());
  return store;
}

describe('an opened file', () => {
  test('openDatabase() uses WAL mode with synchronous=FULL', () => {
    const database = openDatabase(join(temporaryFolder(), 'refract.db'), 1_234);
    onTestFinished(() => {
      database.close();
    });
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    const FULL = 2;
    expect(database.pragma('synchronous', { simple: true })).toBe(FULL);
    expect(database.pragma('busy_timeout', { simple: true })).toBe(1_234);
  });

  test('openDatabase() uses the same modes when the file is opened again', () => {
    const file = join(temporaryFolder(), 'refract.db');
    for (const database of [openDatabase(file, 0), openDatabase(file, 0)]) {
      onTestFinished(() => {
        database.close();
      });
      expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(database.pragma('synchronous', { simple: true })).toBe(2);
    }
  });

  test('openSqliteStore() creates file and folder for the owner only', async () => {
    const file = join(temporaryFolder(), 'of', 'some', 'depth', 'refract.db');
    await openStore(file).putSubject('bob', nothing);
    const modes = ['', '-wal', '-shm'].map((ending) => (statSync(file + ending).mode & 0o777).toString(8));
    expect(modes).toEqual(['600', '600', '600']);
  });

  test('openSqliteStore() accepts an empty file', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    writeFileSync(file, '');
    expect(await openStore(file).readKeySets()).toEqual([]);
  });

  test('openSqliteStore() finds all rows after closing and opening again', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    const before = openStore(file);
    const bob = await before.putSubject('bob', { email: 'bob@mail.com', account: 'bob@admin', role: 'ROLE_ADMIN' });
    const issued = await before.issue({
      id: 'a',
      contract: 'fib',
      policy: 'single-use',
      subjectId: 'bob',
      keyId: 'first',
      lifetime: 500,
      label: 'laptop',
    });
    await before.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'sealed' });
    const keySets = await before.readKeySets();
    await before.revoke('a', 'requested');
    const { session } = await before.read('a');
    await before.close();

    const after = openStore(file);
    expect(issued.kind).toBe('issued');
    expect(session?.revokedReason).toBe('requested');
    expect(await after.read('a')).toMatchObject({ session, subject: bob });
    expect(await after.readKeySets()).toEqual(keySets);
  });

  test('openSqliteStore() uses the process clock in whole seconds by default', async () => {
    const store = openStore(join(temporaryFolder(), 'refract.db'));
    const before = Math.floor(Date.now() / 1_000);
    const { now } = await store.read('any');
    expect(Number.isInteger(now)).toBe(true);
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now() / 1_000);
  });
});

describe('refused files', () => {
  test('openDatabase() refuses a database of another program and does not change it', () => {
    const file = join(temporaryFolder(), 'other.db');
    new Database(file).exec('CREATE TABLE note (text)').close();
    const before = readFileSync(file);
    expect(() => openDatabase(file, 0)).toThrow(
      new RefractError(
        'store',
        `${file} is a database of another program; choose another file with --db or REFRACT_DB.`,
      ),
    );
    expect(readFileSync(file)).toEqual(before);
  });

  test.each([
    ['by its application id', 'PRAGMA application_id = 7'],
    ['by its version', 'PRAGMA user_version = 1'],
    ['by both, without a table', 'PRAGMA application_id = 7; PRAGMA user_version = 1'],
    ['by its version, with our tables', 'CREATE TABLE session (id); PRAGMA user_version = 1'],
  ])('openDatabase() refuses a database of another program, known %s', (_how, sql) => {
    const file = join(temporaryFolder(), 'other.db');
    new Database(file).exec(sql).close();
    expect(() => openDatabase(file, 0)).toThrow(/ is a database of another program; /);
  });

  test('openDatabase() refuses the schema of a newer release', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    await openStore(file).close();
    const upgrade = connectTo(file);
    upgrade.pragma('user_version = 999');
    upgrade.close();
    const before = readFileSync(file);
    expect(() => openDatabase(file, 0)).toThrow(
      new RefractError(
        'store',
        `${file} has schema 999, and this Refract knows schemas up to 6; run the newer release that upgraded it.`,
      ),
    );
    expect(readFileSync(file)).toEqual(before);
  });

  test('openDatabase() refuses a file that is no database', () => {
    const file = join(temporaryFolder(), 'refract.db');
    writeFileSync(file, 'Dear diary, '.repeat(1_000));
    expect(() => openDatabase(file, 0)).toThrow(
      new RefractError('store', `The database ${file} cannot be opened for writing: file is not a database.`),
    );
    expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1_000));
  });

  test('openDatabase() opens a current database while another process writes', () => {
    const file = join(temporaryFolder(), 'refract.db');
    openDatabase(file, 0).close();
    connectTo(file).exec('BEGIN IMMEDIATE');
    expect(() => {
      openDatabase(file, 0).close();
    }).not.toThrow();
  });

  test('openDatabase() fails on an empty file locked past the busy timeout', () => {
    const file = join(temporaryFolder(), 'refract.db');
    const other = connectTo(file);
    other.exec('BEGIN IMMEDIATE');
    expect(() => openDatabase(file, 20)).toThrow(
      new RefractError('store', `The database ${file} cannot be opened for writing: database is locked.`),
    );
  });

  test('openDatabase() refuses a folder and a path through a file', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), '');
    for (const path of [join(folder, 'folder'), join(folder, 'file', 'refract.db')]) {
      let message = '';
      try {
        openDatabase(path, 0);
      } catch (reason) {
        message = String(reason);
      }
      const begin = `RefractError [store]: The database ${path} cannot be opened for writing: `;
      expect(message.startsWith(begin)).toBe(true);
      expect(message).toMatch(/^[^\n]+[^.\n]\.$/);
    }
  });

  test('openDatabase() refuses a damaged file', () => {
    const file = join(temporaryFolder(), 'refract.db');
    openDatabase(file, 0).close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 100));
    expect(() => openSqliteStore({ file, busyTimeout: 0 })).toThrow(expect.objectContaining({ code: 'store' }));
  });
});
