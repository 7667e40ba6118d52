// A SQLite file as one end of a copy.
//
// The fence is SQLite's own write lock: servers continue to read what no longer changes, and their writes wait. After
// the commit that renames the tables, their next statements find none.
import Database, { type Statement } from 'better-sqlite3';
import { hash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isRefractError, RefractError } from '../../errors.ts';
import { translated } from '../sqlite/failures.ts';
import { marksIn, migrate, schemaOf } from '../sqlite/migrations.ts';
import { messageOf, openDatabase, sync } from '../sqlite/open.ts';
import { endOf, type CopyDatabase, type CopyEnd } from './ends.ts';
import { markTable } from './mark.ts';
import type { RunText } from './reader.ts';
import { keyOf, refuseOtherSchema, upsert, type Value } from './tables.ts';

/**
 * @param side a target is made where it is missing, a source is not
 * @param busyTimeout milliseconds to wait for servers that write
 * @throws RefractError `store` where the file cannot be used
 */
export function openSqliteEnd(file: string, side: 'source' | 'target', busyTimeout: number): CopyEnd {
  const database = connect(file, side, busyTimeout);
  database.function('sha256', { deterministic: true }, (text) => hash('sha256', String(text)));
  const run = running(database);
  const transaction: CopyDatabase['transaction'] = async (work) => {
    try {
      // The write lock from the beginning.
      database.exec('BEGIN IMMEDIATE');
      const result = await work(run);
      database.exec('COMMIT');
      return result;
    } catch (reason) {
      if (database.inTransaction) database.exec('ROLLBACK');
      throw translated(reason);
    }
  };
  const end: CopyDatabase = {
    place: resolve(file),
    schema: '',
    run,
    transaction,
    fence: (_tables, hold, work) =>
      transaction((inside) => {
        // Until the lock was granted, no server waited for this process.
        hold.begin();
        return work(inside);
      }),
    identify: () => {
      const { ino, dev } = statSync(file);
      return Promise.resolve(`sqlite ${String(dev)} ${String(ino)}`);
    },
    marks: () => Promise.resolve(marksIn(database)),
    insert: async (inside, table, names, rows) => {
      const columns = Object.keys(table.columns);
      const text = `INSERT INTO ${names(table)} (${columns.join(', ')}) VALUES ${listed(columns)} ${upsert(table)}`;
      for (const row of rows) await inside(text, keyOf({ key: columns }, row));
    },
    remove: async (inside, { key }, name, keys) => {
      const text = `DELETE FROM ${name} WHERE (${key.join(', ')}) = ${listed(key)}`;
      for (const each of keys) await inside(text, each);
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
    sql: {
      now: 'unixepoch()',
      makeMarks: `CREATE TABLE IF NOT EXISTS ${markTable} (role TEXT NOT NULL, id TEXT NOT NULL, place TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
      sha256: (text) => `sha256(${text})`,
      beforeArriving: () => [],
      afterArriving: [],
      beforeOpening: [],
      afterOpening: [],
    },
  };
  return endOf(end, marksIn(database));
}

function listed(columns: readonly string[]): string {
  return `(${columns.map((_, index) => `$${String(index + 1)}`).join(', ')})`;
}

/** Each text is prepared once. */
function running(database: Database.Database): RunText {
  const prepared = new Map<string, Statement<[object]>>();
  return async <Found extends object>(text: string, values: readonly Value[] = []) => {
    const statement = prepared.get(text) ?? database.prepare<[object]>(text);
    prepared.set(text, statement);
    const named = Object.fromEntries(values.map((value, index) => [String(index + 1), value]));
    if (!statement.reader) statement.run(named);
    // Each caller names the columns that its statement selects.
    return Promise.resolve({ rows: statement.reader ? (statement.all(named) as Found[]) : [] });
  };
}

function connect(file: string, side: 'source' | 'target', busyTimeout: number): Database.Database {
  let database: Database.Database | undefined;
  try {
    if (!existsSync(file)) {
      if (side === 'source') throw new RefractError('store', `There is no database ${file} to copy.`);
      openDatabase(file, busyTimeout).close();
      // The name of the file must survive a power cut, as its rows do.
      sync(dirname(realpathSync(file)));
    }
    database = new Database(file, { timeout: busyTimeout, fileMustExist: true });
    database.pragma('synchronous = FULL');
    // An empty file gets its schema here.
    if (side === 'target' && schemaOf(database).owner === 'nobody') migrate(database, file);
    const { owner, version, known } = schemaOf(database);
    if (owner !== 'refract') {
      throw new RefractError(
        'store',
        `${file} is ${owner === 'other' ? 'a database of another program' : 'empty'}, and is not copied.`,
      );
    }
    if (version !== known) refuseOtherSchema(file, version, known);
    database.pragma('journal_mode = WAL');
    return database;
  } catch (reason) {
    database?.close();
    if (isRefractError(reason, 'store')) throw reason;
    throw new RefractError('store', `The database ${file} cannot be used: ${messageOf(reason)}.`);
  }
}
