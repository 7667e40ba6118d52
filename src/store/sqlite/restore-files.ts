// The two files of a restore: the backup, checked and copied beside the database, and the database that it replaces.
import Database from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, linkSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { RefractError } from '../../errors.ts';
import { refuseMarked } from '../copy/mark.ts';
import { marksIn, migrate, schemaOf, type Schema } from './migrations.ts';
import { messageOf, sync } from './open.ts';

/** Checks the backup before anything is locked or made. @throws RefractError `store` where the file can be no backup */
export function checkBackupFile(file: string, database: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new RefractError('store', `There is no backup ${file}.`);
  if (!found.isFile()) throw new RefractError('store', `${file} is not a file.`);
  if (found.size === 0) throw new RefractError('store', `${file} is empty: making this backup was broken off.`);
  const there = statSync(database, { throwIfNoEntry: false });
  if (there?.ino === found.ino && there.dev === found.dev) {
    throw new RefractError('store', `${file} is the database itself; give a backup that refract backup has made.`);
  }
  // Without its log it would lack the latest commits.
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new RefractError('store', `${file} is a database in use, not a backup; make one with refract backup.`);
  }
}

/**
 * Copies the backup, checks the copy and migrates it to the current schema, in one file without a log.
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

/** Removes a copy, and the files that SQLite may have left beside it. */
export function clear(staged: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(staged + ending, { force: true });
}

export interface Replaced {
  /** Keeps the database locked until it is closed; missing where the file is no database. */
  readonly connection: Database.Database | undefined;
  readonly state:
    | { readonly kind: 'empty' | 'sound' }
    /** It cannot be compared with the backup. */
    | { readonly kind: 'unusable'; readonly isDamaged: boolean; readonly why: string };
}

/**
 * Locks the database that is to be replaced.
 * @param busyTimeout milliseconds to wait for commands that use the database
 * @throws RefractError `store` where another process has it open, or it is not ours to replace
 */
export function openReplaced(database: string, busyTimeout: number): Replaced {
  const connection = new Database(database, { timeout: busyTimeout, fileMustExist: true });
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE; COMMIT');
    return { connection, state: stateOf(connection) };
  } catch (reason) {
    connection.close();
    if (!(reason instanceof Database.SqliteError)) throw reason;
    if (reason.code.startsWith('SQLITE_BUSY')) {
      throw new RefractError(
        'store',
        `${database} is in use: stop the server and whatever else has it open, or restore to another file with --db.`,
      );
    }
    return { connection: undefined, state: damaged(messageOf(reason)) };
  }
}

function stateOf(connection: Database.Database): Replaced['state'] {
  const { owner, version, known } = schemaOf(connection);
  if (owner === 'nobody') return { kind: 'empty' };
  if (owner === 'other') {
    throw new RefractError('store', `${connection.name} is a database of another program and is not replaced.`);
  }
  refuseMarked(connection.name, marksIn(connection), true);
  if (version > known) {
    const why = `it has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
    return { kind: 'unusable', isDamaged: false, why };
  }
  const found = connection.pragma('quick_check(1)', { simple: true });
  return found === 'ok' ? { kind: 'sound' } : damaged(messageOf(found));
}

function damaged(what: string): Replaced['state'] {
  return { kind: 'unusable', isDamaged: true, why: `it is damaged (${what})` };
}

/** Keeps a damaged file byte by byte. Linked, not copied: closing a copied file gives up the lock on it (POSIX.1, fcntl). */
export function keepDamaged(database: string, keptAs: string): void {
  for (const ending of ['', '-wal', '-journal']) {
    if (existsSync(database + ending)) linkSync(database + ending, keptAs + ending);
  }
  sync(dirname(keptAs));
}
