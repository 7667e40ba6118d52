// A backup, looked at closely and put beside the database whose place it is to take. The backup itself is only read.
import Database from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { RefractError } from '../../errors.ts';
import { migrate, schemaOf, type Schema } from './migrations.ts';
import { messageOf } from './open.ts';

/** Looked at before anything is locked or made. @throws RefractError `store` where it is no file that could be a backup */
export function checkBackupFile(file: string, database: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new RefractError('store', `There is no backup ${file}.`);
  if (!found.isFile()) throw new RefractError('store', `${file} is not a file.`);
  if (found.size === 0) throw new RefractError('store', `${file} is empty: making this backup was broken off.`);
  const there = statSync(database, { throwIfNoEntry: false });
  if (there?.ino === found.ino && there.dev === found.dev) {
    throw new RefractError('store', `${file} is the database itself; give a backup that refract backup has made.`);
  }
  // Without its log it would be less than it seems.
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new RefractError('store', `${file} is a database in use, not a backup; make one with refract backup.`);
  }
}

/**
 * Copies the backup, checks the copy and brings it to the present schema, in one file without a log.
 * @returns the schema that it had
 * @throws RefractError `store` where it is damaged, not ours or of a newer release
 */
export function stage(file: string, staged: string): Schema {
  clear(staged);
  copyFileSync(file, staged);
  chmodSync(staged, 0o600);
  const copy = new Database(staged);
  try {
    copy.pragma('synchronous = FULL');
    copy.pragma('journal_mode = DELETE');
    const schema = schemaOf(copy);
    if (schema.owner !== 'refract') throw new RefractError('store', `${file} is no backup of Refract.`);
    if (schema.version > schema.known) {
      throw new RefractError(
        'store',
        `${file} has schema ${String(schema.version)}, and this Refract knows schemas up to ${String(schema.known)}; restore it with the release that made it, or a newer one.`,
      );
    }
    const found = copy.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') throw new RefractError('store', `The backup ${file} is damaged: ${messageOf(found)}.`);
    migrate(copy, file);
    return schema;
  } catch (reason) {
    if (!(reason instanceof Database.SqliteError)) throw reason;
    throw new RefractError(
      'store',
      reason.code === 'SQLITE_NOTADB'
        ? `${file} is no backup of Refract.`
        : `The backup ${file} is damaged: ${messageOf(reason)}.`,
    );
  } finally {
    copy.close();
  }
}

/** Away with the copy, and with what SQLite may have left beside it. */
export function clear(staged: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) {
    if (existsSync(staged + ending)) rmSync(staged + ending);
  }
}
