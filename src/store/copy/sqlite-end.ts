// A SQLite file as one end of a copy.
//
// The fence is SQLite's own lock for writing: servers go on reading what no longer changes, and whatever they want to
// write waits. With the commit that renames the tables all of them find none, at their next statement.
import Database from 'better-sqlite3';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isRefractError, RefractError } from '../../errors.ts';
import { sync } from '../sqlite/durable.ts';
import { translated } from '../sqlite/failures.ts';
import { marksIn } from '../sqlite/marks.ts';
import { migrate, schemaOf } from '../sqlite/migrations.ts';
import { messageOf, openDatabase } from '../sqlite/open.ts';
import type { CopyEnd, Key } from './ends.ts';
import { markTable, prefixOf } from './mark.ts';
import { sqliteReader } from './sqlite-reader.ts';
import { allTables, fencedTables, keySets, type CopiedTable, type Row, type Value } from './tables.ts';

/**
 * @param side a target is made where it is missing, a source is not
 * @param busyTimeout milliseconds to wait for servers that write
 * @throws RefractError `store` where the file cannot be used
 */
export function openSqliteEnd(file: string, side: 'source' | 'target', busyTimeout: number): CopyEnd {
  const place = resolve(file);
  const database = connect(file, side, busyTimeout);
  const nameOf = (table: CopiedTable): string => (table.isFenced ? prefixOf(marksIn(database)) : '') + table.name;
  let names = new Map<string, string>();
  const reader = sqliteReader(database, (table) => names.get(table.name) ?? nameOf(table));
  /** Names are looked up anew once, and not for every statement. */
  const renamed = (): void => {
    names = new Map(allTables.map((table) => [table.name, nameOf(table)]));
  };
  renamed();
  const mark = (role: string, id: string, other: string): void => {
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${markTable} (role TEXT NOT NULL, id TEXT NOT NULL, place TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
    );
    database.prepare(`INSERT INTO ${markTable} VALUES (?, ?, ?, ?)`).run(role, id, other, now());
  };
  const rename = (from: string, to: string): void => {
    for (const { name } of fencedTables) database.exec(`ALTER TABLE ${from}${name} RENAME TO ${to}${name}`);
  };
  const counted = (): Map<string, number> =>
    new Map(
      allTables.map((table) => [
        table.name,
        // A count is a number.
        database
          .prepare(`SELECT count(*) FROM ${names.get(table.name) ?? ''}`)
          .pluck()
          .get() as number,
      ]),
    );
  const write = (table: CopiedTable, rows: readonly Row[], removed: readonly Key[]): void => {
    const name = names.get(table.name) ?? '';
    const remove = database.prepare(
      `DELETE FROM ${name} WHERE (${table.key.join(', ')}) = (${table.key.map(() => '?').join(', ')})`,
    );
    for (const key of removed) remove.run(...key);
    if (table.isReplaced) for (const row of rows) remove.run(...table.key.map((column) => row[column] ?? null));
    const put = database.prepare<Value[]>(putting(table, name));
    for (const row of rows) put.run(...Object.keys(table.columns).map((column) => row[column] ?? null));
  };
  /** All of it or nothing, with the lock for writing from the beginning. */
  const together = async <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
    try {
      database.exec('BEGIN IMMEDIATE');
      const result = await work();
      database.exec('COMMIT');
      return result;
    } catch (reason) {
      if (database.inTransaction) database.exec('ROLLBACK');
      throw translated(reason);
    } finally {
      renamed();
    }
  };

  return {
    place,
    ...reader,
    look: () => {
      const { ino, dev } = statSync(file);
      return Promise.resolve({
        identity: `sqlite ${String(dev)} ${String(ino)}`,
        marks: marksIn(database),
        counts: counted(),
        now: now(),
      });
    },
    leave: (id, target) =>
      together(() => {
        mark('leaving', id, target);
        database.prepare(`DELETE FROM ${markTable} WHERE role = 'leaving' AND id <> ?`).run(id);
      }),
    fence: (id, target, hold, work) =>
      together(async () => {
        // While the lock was waited for, nobody had to wait for us.
        hold.begin();
        const isOurs = marksIn(database).some((each) => each.role === 'leaving' && each.id === id);
        if (!isOurs)
          throw new RefractError('store', `Another copy of ${place} was begun meanwhile; this one is given up.`);
        const result = await work(reader);
        rename('', 'copied_');
        database.exec(`DELETE FROM ${markTable} WHERE role = 'leaving'`);
        mark('left', id, target);
        return result;
      }),
    arrive: (id, source, rows) =>
      together(() => {
        mark('arriving', id, source);
        rename('', 'arriving_');
        renamed();
        write(keySets, rows, []);
      }),
    write: (table, rows, removed) =>
      together(() => {
        write(table, rows, removed);
      }),
    open: (id) =>
      together(() => {
        rename('arriving_', '');
        database.prepare(`UPDATE ${markTable} SET role = 'arrived' WHERE role = 'arriving' AND id = ?`).run(id);
      }),
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}

function connect(file: string, side: 'source' | 'target', busyTimeout: number): Database.Database {
  let database: Database.Database | undefined;
  try {
    if (!existsSync(file)) {
      if (side === 'source') throw new RefractError('store', `There is no database ${file} to copy.`);
      openDatabase(file, busyTimeout).close();
      // The file's name must outlive a power cut as its rows do.
      sync(dirname(realpathSync(file)));
    }
    database = new Database(file, { timeout: busyTimeout, fileMustExist: true });
    database.pragma('synchronous = FULL');
    // The schema of a file that nothing was ever written to is ours to make.
    if (side === 'target' && schemaOf(database).owner === 'nobody') migrate(database, file);
    const { owner, version, known } = schemaOf(database);
    if (owner !== 'refract') {
      throw new RefractError(
        'store',
        `${file} is ${owner === 'other' ? 'a database of another program' : 'empty'}, and is not copied.`,
      );
    }
    if (version !== known) {
      throw new RefractError(
        'store',
        `${file} has schema ${String(version)}, and this Refract copies schema ${String(known)}; ${version > known ? 'run the newer release that upgraded it' : 'back it up, and start this release on it once'}.`,
      );
    }
    database.pragma('journal_mode = WAL');
    return database;
  } catch (reason) {
    database?.close();
    if (isRefractError(reason, 'store')) throw reason;
    throw new RefractError('store', `The database ${file} cannot be used: ${messageOf(reason)}.`);
  }
}

function putting({ columns, key }: CopiedTable, name: string): string {
  const all = Object.keys(columns);
  const changing = all.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${name} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
          ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changing.join(', ')}`;
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
