// Opens the database file: durable, readable by its owner alone, with the current schema.
import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuseCopied } from '../copy/tables.ts';
import { toStoreError } from '../store.ts';
import { migrate, readMarks } from './migrations.ts';

/**
 * @param busyTimeout milliseconds to wait for another process that is writing
 * @throws RefractError `store` if the file cannot be used
 */
export function openDatabase(file: string, busyTimeout: number): Database.Database {
  try {
    for (;;) {
      createFile(file);
      const opened = openUnlessReplaced(file, busyTimeout);
      if (opened !== undefined) return opened;
    }
  } catch (reason) {
    throw toStoreError(reason, `The database ${file} cannot be opened for writing`);
  }
}

/** A process that waited while a restore replaced the file has opened the old one, and must not write to it. */
function openUnlessReplaced(file: string, busyTimeout: number): Database.Database | undefined {
  const { ino } = statSync(file);
  const isReplaced = () => statSync(file, { throwIfNoEntry: false })?.ino !== ino;
  try {
    const database = openExisting(file, busyTimeout);
    if (!isReplaced()) return database;
    database.close();
  } catch (reason) {
    if (!isReplaced()) throw reason;
  }
  return undefined;
}

function openExisting(file: string, busyTimeout: number): Database.Database {
  const database = new Database(file, { timeout: busyTimeout });
  try {
    // A commit that was reported must survive a power cut; NORMAL, the default of WAL, does not guarantee that.
    database.pragma('synchronous = FULL');
    refuseCopied(file, readMarks(database), true);
    // The journal mode is written into the file, so `migrate` first checks that the file is ours.
    migrate(database, file);
    switchToWal(database, busyTimeout);
    return database;
  } catch (reason) {
    database.close();
    throw reason;
  }
}

/**
 * Creates the file and its folder if missing; SQLite gives the -wal and -shm files its mode. An existing file is not
 * opened: closing it would release the locks that this process has on it (POSIX.1, fcntl).
 * @returns whether it was missing
 */
export function createFile(file: string): boolean {
  createFolder(dirname(file));
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (reason) {
    if (!isExisting(reason)) throw reason;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new Error('EISDIR: it is a folder', { cause: reason });
    // A link to a missing file.
    if (found === undefined) closeSync(openSync(file, 'a', 0o600));
    return found === undefined;
  }
}

/** Whether a file could not be created because it exists. */
export function isExisting(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'EEXIST';
}

/**
 * For its owner alone: master secret and admin token are in it too. Node's recursive mkdir is not used, since it never
 * returns for a folder that cannot be created below /proc.
 */
function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (reason) {
    // Another process that starts at the same time may have created it.
    if (!existsSync(folder)) throw reason;
  }
}

/** Retries, since several processes may open a new file at once, and SQLite's busy timeout does not apply here. */
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

/** Returns once a file, or the entries of a folder, would survive a power cut. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
