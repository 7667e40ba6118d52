// Looks at a database without changing it, whatever state it is in, while others use it.
import Database from 'better-sqlite3';
import { existsSync, realpathSync } from 'node:fs';
import { isRefractError, RefractError } from '../../errors.ts';
import type { StoredKeySet } from '../../signer/ports.ts';
import { refuseMarked } from '../copy/mark.ts';
import { countedIn, type Contents } from './backup.ts';
import { marksIn } from './marks.ts';
import { schemaOf, type Schema } from './migrations.ts';
import { messageOf } from './open.ts';
import { keySetOf, type KeySetRow } from '../rows.ts';

export interface Inspection {
  readonly schema: Schema;
  /** What SQLite's quick_check found. */
  readonly damage: string | undefined;
  /** What is in it; not of a database that is damaged, not ours or of a newer release. */
  readonly rows:
    | {
        readonly contents: Contents;
        readonly keySets: readonly StoredKeySet[];
        /** The latest time in any row, in seconds. */
        readonly latest: number;
        /** By id of a retired key set: when the last living session ends that may have tokens of it; 0 for none. */
        readonly lastUses: ReadonlyMap<string, number>;
      }
    | undefined;
}

/**
 * @param busyTimeout milliseconds to wait for another process that keeps the database to itself
 * @param now integer seconds since 1970
 * @throws RefractError `store` where the file cannot be read as a database
 */
export function inspectDatabase(file: string, busyTimeout: number, now: number): Inspection {
  let database: Database.Database | undefined;
  try {
    const isLogged = existsSync(`${realpathSync(file)}-wal`);
    // Whoever closes last writes the log back and removes it, if he may write: a log that is there is not ours to
    // remove, and one that we make is.
    database = new Database(file, { timeout: busyTimeout, fileMustExist: true, readonly: isLogged });
    database.pragma('query_only = ON');
    refuseMarked(file, marksIn(database), true);
    return database.transaction(inspected)(database, now);
  } catch (reason) {
    if (isRefractError(reason, 'store')) throw reason;
    throw new RefractError('store', `The database ${file} cannot be read: ${messageOf(reason)}.`);
  } finally {
    database?.close();
  }
}

function inspected(database: Database.Database, now: number): Inspection {
  const schema = schemaOf(database);
  const found = messageOf(database.pragma('quick_check(1)', { simple: true }));
  const damage = found === 'ok' ? undefined : found;
  const isReadable = schema.owner === 'refract' && schema.version <= schema.known && damage === undefined;
  return { schema, damage, rows: isReadable ? rowsOf(database, now) : undefined };
}

function rowsOf(database: Database.Database, now: number): Inspection['rows'] {
  // `*`, since a column may not be there yet.
  const keySets = database.prepare<[], KeySetRow>('SELECT * FROM key_set ORDER BY created_at, id').all().map(keySetOf);
  const lastUse = database
    .prepare<[object], number | null>(
      `SELECT max(expires_at) FROM session
        WHERE contract = $contract AND revoked_at IS NULL AND expires_at > $now AND created_at <= $begun`,
    )
    .pluck();
  const latest = database
    .prepare<[], number | null>(
      `SELECT max(latest) FROM (
         SELECT max(max(rotated_at), max(created_at), coalesce(max(revoked_at), 0)) AS latest FROM session
         UNION ALL SELECT max(created_at) FROM key_set
         UNION ALL SELECT max(coalesce(disabled_at, deleted_at)) FROM subject)`,
    )
    .pluck()
    .get();
  const retired = keySets.flatMap(({ id, contract, retiredAt }) =>
    retiredAt === undefined ? [] : [[id, lastUse.get({ contract, now, begun: retiredAt }) ?? 0] as const],
  );
  return { contents: countedIn(database), keySets, latest: latest ?? 0, lastUses: new Map(retired) };
}
