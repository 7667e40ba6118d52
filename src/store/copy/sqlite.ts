// A SQLite file as source or target of a copy.
//
// The fence is SQLite's own write lock: servers continue to read what no longer changes, and their writes wait. After
// the commit that renames the tables, their next statements find none.
import Database from 'better-sqlite3';
import { hash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RunText } from '../sql/operation.ts';
import { migrate, readMarks, readSchema, refuseOtherOwner } from '../sqlite/migrations.ts';
import { openDatabase, syncToDisk } from '../sqlite/open.ts';
import { createRunner, translateError } from '../sqlite/statements.ts';
import { storeError, toStoreError } from '../store.ts';
import { createCopyDatabase, type CopyDatabase, type CopyDriver } from './database.ts';
import { keyOf, markTable, onConflict, refuseOtherSchema } from './tables.ts';

/**
 * @param role a missing target is created, a missing source is not
 * @param busyTimeout milliseconds to wait for servers that write
 * @throws RefractError `store` if the file cannot be used
 */
export function openSqliteForCopy(file: string, role: 'source' | 'target', busyTimeout: number): CopyDatabase {
  const database = open(file, role, busyTimeout);
  database.function('sha256', { deterministic: true }, (text) => hash('sha256', String(text)));
  const runner = createRunner(database, () => Math.floor(Date.now() / 1_000));
  const run: RunText = async <Row extends object>(text: string, values: Parameters<RunText>[1] = []) => {
    const { rows, changes } = runner({ text, values });
    // Each caller names the columns that its statement selects.
    return Promise.resolve({ rows: rows as readonly Row[], changes });
  };
  const transaction: CopyDriver['transaction'] = async (work) => {
    try {
      // The write lock from the beginning.
      database.exec('BEGIN IMMEDIATE');
      const output = await work(run);
      database.exec('COMMIT');
      return output;
    } catch (reason) {
      if (database.inTransaction) database.exec('ROLLBACK');
      throw translateError(reason);
    }
  };
  const driver: CopyDriver = {
    name: resolve(file),
    prefix: '',
    run,
    transaction,
    fence: (_tables, timer, work) =>
      transaction((execute) => {
        // Until the lock was granted, no server waited for this process.
        timer.start();
        return work(execute);
      }),
    identify: () => {
      const { ino, dev } = statSync(file);
      return Promise.resolve(`sqlite ${String(dev)} ${String(ino)}`);
    },
    readMarks: () => Promise.resolve(readMarks(database)),
    insert: async (execute, table, nameTable, rows) => {
      const columns = Object.keys(table.columns);
      const values = parameters(columns);
      const text = `INSERT INTO ${nameTable(table)} (${columns.join(', ')}) VALUES ${values} ${onConflict(table)}`;
      for (const row of rows) await execute(text, keyOf({ key: columns }, row));
    },
    remove: async (execute, { key }, name, keys) => {
      const text = `DELETE FROM ${name} WHERE (${key.join(', ')}) = ${parameters(key)}`;
      for (const each of keys) await execute(text, each);
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
    sql: {
      now: 'unixepoch()',
      createMarks: `CREATE TABLE IF NOT EXISTS ${markTable} (role TEXT NOT NULL, id TEXT NOT NULL, place TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
      sha256: (text) => `sha256(${text})`,
      preparing: undefined,
      opening: undefined,
    },
  };
  return createCopyDatabase(driver, readMarks(database));
}

function parameters(columns: readonly string[]): string {
  return `(${columns.map((_, index) => `$${String(index + 1)}`).join(', ')})`;
}

function open(file: string, role: 'source' | 'target', busyTimeout: number): Database.Database {
  let database: Database.Database | undefined;
  try {
    if (!existsSync(file)) {
      if (role === 'source') throw storeError(`There is no database ${file} to copy.`);
      openDatabase(file, busyTimeout).close();
      // The name of the file must survive a power cut, as its rows do.
      syncToDisk(dirname(realpathSync(file)));
    }
    database = new Database(file, { timeout: busyTimeout, fileMustExist: true });
    database.pragma('synchronous = FULL');
    if (role === 'target' && readSchema(database).owner === 'none') migrate(database, file);
    refuseOtherOwner(database, 'copied');
    const { version, known } = readSchema(database);
    if (version !== known) refuseOtherSchema(file, version, known);
    database.pragma('journal_mode = WAL');
    return database;
  } catch (reason) {
    database?.close();
    throw toStoreError(reason, `The database ${file} cannot be used`);
  }
}
