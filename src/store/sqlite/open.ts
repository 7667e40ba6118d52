// Opens the database file: durable, readable by its owner alone, with the current schema.
import Database from 'better-sqlite3';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.ts';
import { migrate } from './migrations.ts';

/**
 * @param busyTimeout milliseconds to wait for another process that is writing
 * @throws StoreError with one sentence where the file cannot be used
 */
export function openDatabase(file: string, busyTimeout: number): Database.Database {
  let database: Database.Database | undefined;
  try {
    makeFolder(dirname(file));
    // SQLite gives its -wal and -shm files the mode of the database itself.
    closeSync(openSync(file, 'a', 0o600));
    database = new Database(file, { timeout: busyTimeout });
    // A commit that was answered must survive a power cut; WAL's default of NORMAL would not promise that.
    database.pragma('synchronous = FULL');
    // The journal mode is written into the file: not before it is known to be ours.
    migrate(database, file);
    switchToWal(database, busyTimeout);
    return database;
  } catch (reason) {
    database?.close();
    if (reason instanceof StoreError) throw reason;
    const why = reason instanceof Error ? reason.message : String(reason);
    throw new StoreError(`The database ${file} cannot be opened for writing: ${why}.`);
  }
}

/** Not Node's recursive mkdir, which never returns for a folder that cannot be made below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
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
