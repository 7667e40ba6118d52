// Copies the database as it is at one moment, while servers use it.
import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuseCopied } from '../copy/tables.ts';
import { messageOf, storeError, toStoreError } from '../store.ts';
import { readMarks, refuseOtherOwner } from './migrations.ts';
import { isExisting, syncToDisk } from './open.ts';

/** Numbers of rows. */
export interface Contents {
  readonly sessions: number;
  /** Without deleted ones. */
  readonly subjects: number;
  readonly keySets: number;
}

/**
 * Writes a complete, durable copy that only its owner can read.
 * @param database the database file; it is not changed, not even its schema
 * @param file must not exist; it stays empty until the copy is complete
 * @param busyTimeout milliseconds to wait for another process that has locked the database
 * @throws RefractError `store`; then `file` does not exist, unless it did before
 */
export function backUp(database: string, file: string, busyTimeout: number): Contents {
  if (!existsSync(database)) throw storeError(`There is no database ${database} to back up.`);
  const partial = `${file}.partial`;
  reserve(file);
  try {
    rmSync(partial, { force: true });
    copyDatabase(database, partial, busyTimeout);
    const contents = readContents(partial);
    // Only now: a file that is not empty is complete.
    renameSync(partial, file);
    syncToDisk(dirname(file));
    return contents;
  } catch (reason) {
    for (const unfinished of [partial, file]) rmSync(unfinished, { force: true });
    throw toStoreError(reason, `The database ${database} cannot be backed up to ${file}`);
  }
}

/** Of two processes that write to one file one succeeds, and no backup is overwritten. */
function reserve(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (reason) {
    throw storeError(
      isExisting(reason)
        ? `${file} exists and is not overwritten; choose another name.`
        : `The backup ${file} cannot be written: ${messageOf(reason)}.`,
    );
  }
}

function copyDatabase(database: string, partial: string, busyTimeout: number): void {
  const source = new Database(database, { timeout: busyTimeout, fileMustExist: true });
  try {
    refuseOtherOwner(source, 'backed up');
    refuseCopied(database, readMarks(source), true);
    copyWhole(source, partial);
  } finally {
    source.close();
  }
}

/**
 * Writes a durable copy of what the connection sees, in one file and for its owner alone. VACUUM INTO reads one snapshot,
 * which blocks no writer.
 */
export function copyWhole(source: Database.Database, copy: string): void {
  closeSync(openSync(copy, 'wx', 0o600));
  source.prepare('VACUUM INTO ?').run(copy);
  syncToDisk(copy);
}

export function readContents(file: string): Contents {
  const copy = new Database(file, { readonly: true });
  try {
    return countContents(copy);
  } finally {
    copy.close();
  }
}

export function countContents(database: Database.Database): Contents {
  return {
    sessions: countRows(database, 'session'),
    subjects: countRows(database, 'subject WHERE deleted_at IS NULL'),
    keySets: countRows(database, 'key_set'),
  };
}

/** @param from a table, perhaps with joins and conditions */
export function countRows(database: Database.Database, from: string): number {
  // A count is a number.
  return database.prepare(`SELECT count(*) FROM ${from}`).pluck().get() as number;
}
