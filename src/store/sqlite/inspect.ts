// Reads the state of a database for `refract doctor`, without changing it and while servers use it.
import Database from 'better-sqlite3';
import { existsSync, realpathSync } from 'node:fs';
import { refuseCopied } from '../copy/tables.ts';
import { messageOf, toStoreError } from '../store.ts';
import { inspectRows, type InspectedRows } from '../sql/key-sets.ts';
import { performNow } from '../sql/operation.ts';
import { readMarks, readSchema, type Schema } from './migrations.ts';
import { createRunner, dialect } from './statements.ts';

export interface Inspection {
  readonly schema: Schema;
  /** The finding of SQLite's quick_check. */
  readonly damage: string | undefined;
  /** `undefined` for a database that is damaged, not ours or of a newer release. */
  readonly rows: InspectedRows | undefined;
}

/**
 * @param busyTimeout milliseconds to wait for another process that has locked the database
 * @param now integer seconds since 1970
 * @throws RefractError `store` if the file cannot be read as a database
 */
export function inspectDatabase(file: string, busyTimeout: number, now: number): Inspection {
  let database: Database.Database | undefined;
  try {
    // The last connection that may write removes the log when it closes: an existing log must stay, and a log that this
    // connection creates must not.
    const hasLog = existsSync(`${realpathSync(file)}-wal`);
    database = new Database(file, { timeout: busyTimeout, fileMustExist: true, readonly: hasLog });
    database.pragma('query_only = ON');
    refuseCopied(file, readMarks(database), true);
    return database.transaction(inspect)(database, now);
  } catch (reason) {
    throw toStoreError(reason, `The database ${file} cannot be read`);
  } finally {
    database?.close();
  }
}

function inspect(database: Database.Database, now: number): Inspection {
  const schema = readSchema(database);
  const check = messageOf(database.pragma('quick_check(1)', { simple: true }));
  const damage = check === 'ok' ? undefined : check;
  const isReadable = schema.owner === 'refract' && schema.version <= schema.known && damage === undefined;
  return {
    schema,
    damage,
    rows: isReadable
      ? performNow(
          inspectRows(dialect),
          createRunner(database, () => now),
        )
      : undefined,
  };
}
