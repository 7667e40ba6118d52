// An unusable database or master secret: one sentence on standard error, no stack trace, and exit code 1.
import Database from 'better-sqlite3';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Ended, type Place } from '../shared/cli.ts';
import { expectComplaint } from '../shared/complaint.ts';

describe('an unusable database is refused', () => {
  test('a database is refused if its path leads through a file or is a folder or a text', async ({ place }) => {
    const text = join(place.folder, 'text');
    writeFileSync(text, 'Dear diary, today I was opened as a database of more than a hundred bytes. '.repeat(3));
    for (const [file, reason] of [
      [join(text, 'below.db'), /EEXIST|ENOTDIR/],
      [place.folder, /EISDIR/],
      [text, /file is not a database/],
    ] as const) {
      const ended = await place.refract('serve', '--db', file);
      expectComplaint(ended, `The database ${file} cannot be opened for writing: `, reason);
    }
    expect(readFileSync(text, 'utf8')).toMatch(/^Dear diary/);
  });

  test('a database is refused if another program created it', async ({ place }) => {
    const database = new Database(place.database);
    database.exec('CREATE TABLE recipe (id)');
    database.close();
    const before = readFileSync(place.database);
    expect(await place.refract('sessions')).toEqual(
      complaint(`${place.database} is a database of another program; choose another file with --db or REFRACT_DB.`),
    );
    expect(readFileSync(place.database).equals(before), 'not a byte is changed').toBe(true);
  });

  test('a database is refused if a newer release upgraded it', async ({ place }) => {
    await place.inside(async () => undefined);
    const database = new Database(place.database);
    const known = Number(database.pragma('user_version', { simple: true }));
    database.pragma('user_version = 999');
    database.close();
    expect(await place.refract('serve')).toEqual(
      complaint(
        `${place.database} has schema 999, and this Refract knows schemas up to ${known}; run the newer release that upgraded it.`,
      ),
    );
  });

  test('a database is refused if another process keeps it locked', async ({ place }) => {
    await place.inside(async () => undefined);
    const writer = new Database(place.database);
    try {
      writer.exec('BEGIN IMMEDIATE');
      const environment = { REFRACT_BUSY_TIMEOUT: '0' };
      const ended = await place.refractWith({ environment }, 'subject', 'add', 'bob');
      expect(ended).toEqual(
        complaint('The database is unavailable: SQLite: database is locked (SQLITE_BUSY); nothing was changed.'),
      );
      // A command that only reads succeeds.
      expect(await place.refractWith({ environment }, 'sessions')).toMatchObject({ code: 0 });
    } finally {
      writer.close();
    }
  });
});

describe('the master secret', () => {
  const issuing = ['issue', '--contract', 'fib', '--subject', 'bob'];
  const withKeys = (place: Place): Promise<void> =>
    place.inside(async ({ store, issue }) => {
      await store.putSubject('bob', noDetails);
      await issue('fib', 'bob');
    });

  test('commands that list or revoke sessions neither need nor create a master secret', async ({ place }) => {
    await withKeys(place);
    rmSync(join(place.folder, 'master.key'));
    expect(await place.refract('sessions', '--subject', 'bob')).toMatchObject({ code: 0, stderr: '' });
    expect(await place.refract('subject', 'disable', 'bob')).toMatchObject({ code: 0, stderr: '' });
    expect(await place.refract('revoke', '--subject', 'bob')).toMatchObject({
      code: 0,
      stdout: 'Revoked 1 session.\n',
    });
    expect(existsSync(join(place.folder, 'master.key'))).toBe(false);
  });

  test('a master secret is refused if it does not open the keys', async ({ place }) => {
    await withKeys(place);
    const another = 'another secret of more than 32 characters';
    const sentence =
      /^The master secret does not open the keys of \w+; use the master secret that they were sealed under\.$/;
    const environment = { REFRACT_MASTER_SECRET: another };
    expectComplaint(await place.refractWith({ environment }, 'serve'), sentence);
    writeFileSync(join(place.folder, 'master.key'), another);
    expectComplaint(await place.refract('serve'), sentence);
  });

  test('a missing master secret is not replaced while keys exist', async ({ place }) => {
    await withKeys(place);
    const file = join(place.folder, 'master.key');
    renameSync(file, join(place.folder, 'kept'));
    expect(await place.refract('serve')).toEqual(
      complaint(
        `The master secret that seals the keys in the database is missing; set REFRACT_MASTER_SECRET, or restore ${file}.`,
      ),
    );
    const environment = { REFRACT_MASTER_SECRET_FILE: join(place.folder, 'kept') };
    expect(await place.refractWith({ environment }, ...issuing)).toMatchObject({ code: 0, stderr: '' });
  });

  test('a master secret is refused if others can read it or it is too short', async ({ place }) => {
    await withKeys(place);
    const file = join(place.folder, 'master.key');
    chmodSync(file, 0o644);
    expect(await place.refract(...issuing)).toEqual(complaint(`${file} can be read by others; run: chmod 600 ${file}`));
    expect(await place.refractWith({ environment: { REFRACT_MASTER_SECRET: 'short' } }, ...issuing)).toEqual(
      complaint('REFRACT_MASTER_SECRET has 5 characters; it needs at least 32.'),
    );
  });
});

function complaint(sentence: string): Ended {
  return { code: 1, stdout: '', stderr: `refract: ${sentence}\n` };
}
