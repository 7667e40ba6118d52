// A copy of the database as it was at one moment, while it goes on being used.
//
// VACUUM INTO reads under one snapshot, which no writer waits for and none disturbs. SQLite's backup interface would
// begin anew each time another process commits, and so might never end beside a server under load.
import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRefractError, RefractError } from '../../errors.ts';
import { refuseMarked } from '../copy/mark.ts';
import { sync } from './durable.ts';
import { marksIn } from './marks.ts';
import { schemaOf } from './migrations.ts';
import { messageOf } from './open.ts';

/** How much is in a database. */
export interface Contents {
  readonly sessions: number;
  readonly subjects: number;
  readonly keySets: number;
}

/**
 * Writes a whole, durable copy that only its owner can read.
 * @param database the file of the database; left as it is, whatever its schema
 * @param file where to; must not exist. Empty until the copy is whole
 * @param busyTimeout milliseconds to wait for another process that keeps the database to itself
 * @throws RefractError `store`; then `file` is not there, unless it was before
 */
export function backUp(database: string, file: string, busyTimeout: number): Contents {
  if (!existsSync(database)) throw new RefractError('store', `There is no database ${database} to back up.`);
  const partial = `${file}.partial`;
  reserve(file);
  try {
    rmSync(partial, { force: true });
    copyInto(database, partial, busyTimeout);
    const contents = contentsOf(partial);
    // Only now, so that whoever finds a file that is not empty finds all of it.
    renameSync(partial, file);
    sync(dirname(file));
    return contents;
  } catch (reason) {
    for (const unfinished of [partial, file]) rmSync(unfinished, { force: true });
    if (isRefractError(reason, 'store')) throw reason;
    throw new RefractError('store', `The database ${database} cannot be backed up to ${file}: ${messageOf(reason)}.`);
  }
}

/** Of two that write to one file, one does; and none overwrites a backup. */
function reserve(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (reason) {
    if (reason instanceof Error && 'code' in reason && reason.code === 'EEXIST') {
      throw new RefractError('store', `${file} is there already and is not overwritten; choose another name.`);
    }
    throw new RefractError('store', `The backup ${file} cannot be written: ${messageOf(reason)}.`);
  }
}

function copyInto(database: string, partial: string, busyTimeout: number): void {
  const source = new Database(database, { timeout: busyTimeout, fileMustExist: true });
  try {
    const { owner } = schemaOf(source);
    if (owner !== 'refract') {
      throw new RefractError(
        'store',
        `${database} is ${owner === 'other' ? 'a database of another program' : 'empty'}, and is not backed up.`,
      );
    }
    refuseMarked(database, marksIn(source), true);
    copyWhole(source, partial);
  } finally {
    source.close();
  }
}

/** A durable copy of what the connection sees, in one file and for its owner alone. */
export function copyWhole(source: Database.Database, copy: string): void {
  closeSync(openSync(copy, 'wx', 0o600));
  source.prepare('VACUUM INTO ?').run(copy);
  sync(copy);
}

function contentsOf(file: string): Contents {
  const copy = new Database(file, { readonly: true });
  try {
    return countedIn(copy);
  } finally {
    copy.close();
  }
}

/** A deleted subject is none. */
export function countedIn(database: Database.Database): Contents {
  const count = (what: string): number =>
    // A count is a number.
    database.prepare(`SELECT count(*) FROM ${what}`).pluck().get() as number;
  return {
    sessions: count('session'),
    subjects: count('subject WHERE deleted_at IS NULL'),
    keySets: count('key_set'),
  };
}
