// The two files of a restore: the backup, checked and copied beside the database, and the database that it replaces.
import Database from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, linkSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuseCopied } from '../copy/tables.ts';
import { messageOf, newerSchema, storeError } from '../store.ts';
import { migrate, readMarks, readSchema, type Schema } from './migrations.ts';
import { syncToDisk } from './open.ts';

/** Checks the backup before anything is locked or created. @throws RefractError `store` if it cannot be a backup */
export function checkBackupFile(file: string, database: string): void {
  const backup = statSync(file, { throwIfNoEntry: false });
  if (backup === undefined) throw storeError(`There is no backup ${file}.`);
  if (!backup.isFile()) throw storeError(`${file} is not a file.`);
  if (backup.size === 0) throw storeError(`${file} is empty: the backup was not finished.`);
  const replaced = statSync(database, { throwIfNoEntry: false });
  if (replaced?.ino === backup.ino && replaced.dev === backup.dev) {
    throw storeError(`${file} is the database itself; name a backup that refract backup has written.`);
  }
  // Without its log it would lack the latest commits.
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw storeError(`${file} is a database in use, not a backup; make one with refract backup.`);
  }
}

/**
 * Copies the backup, checks the copy and migrates it to the current schema, in one file without a log.
 * @returns the schema of the backup
 * @throws RefractError `store` if it is damaged, not ours or of a newer release
 */
export function stageBackup(file: string, staged: string): Schema {
  removeWithLogs(staged);
  copyFileSync(file, staged);
  chmodSync(staged, 0o600);
  const copy = new Database(staged);
  try {
    copy.pragma('synchronous = FULL');
    copy.pragma('journal_mode = DELETE');
    const schema = readSchema(copy);
    const { owner, version, known } = schema;
    if (owner !== 'refract') throw storeError(`${file} is no backup of Refract.`);
    if (version > known) {
      throw storeError(
        `${newerSchema(file, version, known)}; restore it with the release that made it, or a newer one.`,
      );
    }
    const check = copy.pragma('integrity_check(1)', { simple: true });
    if (check !== 'ok') throw storeError(`The backup ${file} is damaged: ${messageOf(check)}.`);
    migrate(copy, file);
    return schema;
  } catch (reason) {
    if (!(reason instanceof Database.SqliteError)) throw reason;
    const isDatabase = reason.code !== 'SQLITE_NOTADB';
    throw storeError(
      isDatabase ? `The backup ${file} is damaged: ${messageOf(reason)}.` : `${file} is no backup of Refract.`,
    );
  } finally {
    copy.close();
  }
}

/** Removes a copy, and the files that SQLite may have left beside it. */
export function removeWithLogs(copy: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(copy + ending, { force: true });
}

/** The database that a restore replaces. */
export interface ReplacedDatabase {
  /** Keeps the database locked until it is closed; `undefined` if the file is no database. */
  readonly connection: Database.Database | undefined;
  readonly state:
    | { readonly kind: 'empty' | 'sound' }
    /** It cannot be compared with the backup. */
    | { readonly kind: 'unusable'; readonly isDamaged: boolean; readonly why: string };
}

/**
 * Locks the database that a restore replaces.
 * @param busyTimeout milliseconds to wait for commands that use the database
 * @throws RefractError `store` if another process has it open, or it is of another program
 */
export function lockReplaced(database: string, busyTimeout: number): ReplacedDatabase {
  const connection = new Database(database, { timeout: busyTimeout, fileMustExist: true });
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE; COMMIT');
    return { connection, state: readState(connection) };
  } catch (reason) {
    connection.close();
    if (!(reason instanceof Database.SqliteError)) throw reason;
    if (reason.code.startsWith('SQLITE_BUSY')) {
      throw storeError(
        `${database} is in use: stop the server and other users of the file, or restore elsewhere with --db.`,
      );
    }
    return { connection: undefined, state: describeDamage(messageOf(reason)) };
  }
}

function readState(connection: Database.Database): ReplacedDatabase['state'] {
  const { owner, version, known } = readSchema(connection);
  if (owner === 'none') return { kind: 'empty' };
  if (owner === 'other') {
    throw storeError(`${connection.name} is a database of another program and is not replaced.`);
  }
  refuseCopied(connection.name, readMarks(connection), true);
  if (version > known) return { kind: 'unusable', isDamaged: false, why: newerSchema('it', version, known) };
  const check = connection.pragma('quick_check(1)', { simple: true });
  return check === 'ok' ? { kind: 'sound' } : describeDamage(messageOf(check));
}

function describeDamage(message: string): ReplacedDatabase['state'] {
  return { kind: 'unusable', isDamaged: true, why: `it is damaged (${message})` };
}

/** Keeps a damaged file unchanged. Linked, not copied: closing a copied file releases the lock on it (POSIX.1, fcntl). */
export function keepDamaged(database: string, keptAs: string): void {
  for (const ending of ['', '-wal', '-journal']) {
    if (existsSync(database + ending)) linkSync(database + ending, keptAs + ending);
  }
  syncToDisk(dirname(keptAs));
}
