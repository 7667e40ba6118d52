// Looks at a database without changing it, whatever state it is in, while servers use it.
import Database from 'better-sqlite3';
import { existsSync, realpathSync } from 'node:fs';
import { isRefractError, RefractError } from '../../errors.ts';
import type { StoredKeySet } from '../../signer/ports.ts';
import { refuseMarked } from '../copy/mark.ts';
import { countedIn, type Contents } from './backup.ts';
import { marksIn, schemaOf, type Schema } from './migrations.ts';
import { messageOf } from './open.ts';

export interface Inspection {
  readonly schema: Schema;
  /** What SQLite's quick_check found. */
  readonly damage: string | undefined;
  /** What is in it; missing for a database that is damaged, not ours or of a newer release. */
  readonly rows:
    | {
        readonly contents: Contents;
        readonly keySets: readonly StoredKeySet[];
        /** The latest time in any row, in seconds. */
        readonly latest: number;
        /** By id of a retired key set: when the last active session ends that may have tokens of it; 0 for none. */
        readonly lastUses: ReadonlyMap<string, number>;
      }
    | undefined;
}

/**
 * @param busyTimeout milliseconds to wait for another process that has locked the database
 * @param now integer seconds since 1970
 * @throws RefractError `store` where the file cannot be read as a database
 */
export function inspectDatabase(file: string, busyTimeout: number, now: number): Inspection {
  let database: Database.Database | undefined;
  try {
    const isLogged = existsSync(`${realpathSync(file)}-wal`);
    // The last connection that may write removes the log when it closes: an existing log must stay, one that this
    // connection makes must not.
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
  // `*`, since an older schema has no retired_at.
  const keySets = database
    .prepare<[], OlderKeySetRow>('SELECT * FROM key_set ORDER BY created_at, id')
    .all()
    .map(({ created_at: createdAt, retired_at: retiredAt, ...row }) => ({
      ...row,
      createdAt,
      retiredAt: retiredAt ?? undefined,
    }));
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

interface OlderKeySetRow extends Pick<StoredKeySet, 'id' | 'contract' | 'state' | 'sealed'> {
  readonly created_at: number;
  readonly retired_at?: number | null;
}
