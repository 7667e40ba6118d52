// Opens the database file: durable, readable by its owner alone, with the current schema.
import Database from 'better-sqlite3';
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRefractError, RefractError } from '../../errors.ts';
import { refuseMarked } from '../copy/mark.ts';
import { marksIn } from './marks.ts';
import { migrate } from './migrations.ts';

/**
 * @param busyTimeout milliseconds to wait for another process that is writing
 * @throws RefractError `store` where the file cannot be used
 */
export function openDatabase(file: string, busyTimeout: number): Database.Database {
  try {
    for (;;) {
      makeFile(file);
      const opened = openUnlessReplaced(file, busyTimeout);
      if (opened !== undefined) return opened;
    }
  } catch (reason) {
    if (isRefractError(reason, 'store')) throw reason;
    throw new RefractError('store', `The database ${file} cannot be opened for writing: ${messageOf(reason)}.`);
  }
}

/** Whoever waited while a restore replaced the file has the one before, which nobody may write to; open, none can. */
function openUnlessReplaced(file: string, busyTimeout: number): Database.Database | undefined {
  const { ino } = statSync(file);
  const isReplaced = () => statSync(file, { throwIfNoEntry: false })?.ino !== ino;
  try {
    const database = openMadeFile(file, busyTimeout);
    if (!isReplaced()) return database;
    database.close();
  } catch (reason) {
    if (!isReplaced()) throw reason;
  }
  return undefined;
}

function openMadeFile(file: string, busyTimeout: number): Database.Database {
  const database = new Database(file, { timeout: busyTimeout });
  try {
    // A commit that was answered must survive a power cut; WAL's default of NORMAL would not promise that.
    database.pragma('synchronous = FULL');
    refuseMarked(file, marksIn(database), true);
    // The journal mode is written into the file: not before it is known to be ours.
    migrate(database, file);
    switchToWal(database, busyTimeout);
    return database;
  } catch (reason) {
    database.close();
    throw reason;
  }
}

/**
 * Makes the file with its folder where missing. SQLite gives its -wal and -shm files the mode of the database itself.
 * A file that is there is not touched: closing it would give up the locks that this process has on it (POSIX.1 §fcntl).
 * @returns whether it was missing
 */
export function makeFile(file: string): boolean {
  makeFolder(dirname(file));
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (reason) {
    if (!(reason instanceof Error && 'code' in reason && reason.code === 'EEXIST')) throw reason;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new Error('EISDIR: it is a folder', { cause: reason });
    // A link to a file that is not there.
    if (found === undefined) closeSync(openSync(file, 'a', 0o600));
    return found === undefined;
  }
}

/** What is wrong, in one line: what SQLite says of a damaged file has several. */
export function messageOf(reason: unknown): string {
  const message = reason instanceof Error ? reason.message : String(reason);
  return message.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '');
}

/**
 * For its owner alone: key and token lie in it, too. Not Node's recursive mkdir, which never returns for a folder that
 * cannot be made below /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (reason) {
    // Another process that starts at the same time may have made it.
    if (!existsSync(folder)) throw reason;
  }
}

/** Of processes that start at once on a new file one switches it; the busy timeout does not hold for this statement. */
function switchToWal(database: Database.Database, busyTimeout: number): void {
  const deadline = Date.now() + busyTimeout;
  for (;;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (reason) {
      const isBusy = reason instanceof Database.SqliteError && reason.code.startsWith('SQLITE_BUSY');
      if (!isBusy || Date.now() >= deadline) throw reason;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
