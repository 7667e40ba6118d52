// Looks at a PostgreSQL database without changing it, whatever state it is in.
import { isUnavailable, RefractError } from '../../errors.ts';
import type { StoredKeySet } from '../../signer/ports.ts';
import { refuseMarked } from '../copy/mark.ts';
import { keySetColumns, keySetOf, type Row } from '../rows.ts';
import { connectionsTo, only, type Run } from './connections.ts';
import { marksIn } from './contents.ts';
import { schemaOf, type PostgresSchema } from './migrations.ts';
import { placeOf } from './place.ts';
import { unmetPromises, unpermitted } from './requirements.ts';

export interface PostgresInspection extends Server {
  /** One sentence for each guarantee that it does not give. */
  readonly unmet: readonly string[];
  /** One sentence for each permission that its role lacks. */
  readonly unpermitted: readonly string[];
  readonly schema: PostgresSchema;
  /** What is in it; missing where there is no schema, or one that this release cannot work with. */
  readonly rows:
    | {
        readonly contents: { readonly sessions: number; readonly subjects: number };
        readonly keySets: readonly StoredKeySet[];
        /** The latest time in any row, in seconds. */
        readonly latest: number;
        /** By id of a retired key set: when the last active session ends that may have tokens of it; 0 for none. */
        readonly lastUses: ReadonlyMap<string, number>;
      }
    | undefined;
}

interface Server {
  readonly version: string;
  /** It only follows another server, and cannot be written to. */
  readonly isStandby: boolean;
  /** Whether a commit waits for a standby as well. */
  readonly waitsForStandby: boolean;
  readonly isEncrypted: boolean;
  /** Its clock, in seconds. */
  readonly now: number;
}

/** @throws RefractError `store` where it cannot be reached or read */
export async function inspectPostgres(url: string): Promise<PostgresInspection> {
  const place = placeOf(url);
  const connections = connectionsTo(url, 1, true);
  try {
    return await connections.transaction(async (run) => {
      refuseMarked(place, await marksIn(run), true);
      return inspected(run, place);
    });
  } catch (reason) {
    if (!isUnavailable(reason)) throw reason;
    throw new RefractError('store', `The database ${place} cannot be used: ${reason.message}.`);
  } finally {
    await connections.close();
  }
}

async function inspected(run: Run, place: string): Promise<PostgresInspection> {
  // Before the transaction is limited to reading.
  const forbidden = await unpermitted(run, place);
  await run('SET TRANSACTION READ ONLY');
  const server = only((await run<Server>(aboutServer)).rows);
  const schema = await schemaOf(run, place);
  const isReadable = schema.version > 0 && schema.worksWith <= schema.known && schema.unfit === undefined;
  const unmet = await unmetPromises(run, place);
  return { ...server, unmet, unpermitted: forbidden, schema, rows: isReadable ? await rowsOf(run) : undefined };
}

const aboutServer = `SELECT current_setting('server_version') AS version,
    pg_is_in_recovery() AS "isStandby",
    current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') <> 'local'
      AS "waitsForStandby",
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
    floor(extract(epoch FROM clock_timestamp()))::bigint AS now`;

async function rowsOf(run: Run): Promise<PostgresInspection['rows']> {
  const keySets = await run<Row<StoredKeySet>>(`SELECT ${keySetColumns} FROM refract.key_set ORDER BY created_at, id`);
  const counted = await run<{ sessions: number; subjects: number; latest: number }>(contents);
  const uses = await run<{ id: string; last: number }>(lastUses);
  const { sessions, subjects, latest } = only(counted.rows);
  return {
    contents: { sessions, subjects },
    keySets: keySets.rows.map(keySetOf),
    latest,
    lastUses: new Map(uses.rows.map(({ id, last }) => [id, last])),
  };
}

const contents = `SELECT (SELECT count(*) FROM refract.session) AS sessions,
    (SELECT count(*) FROM refract.subject WHERE deleted_at IS NULL) AS subjects,
    greatest(0, (SELECT max(greatest(rotated_at, created_at, revoked_at)) FROM refract.session),
             (SELECT max(created_at) FROM refract.key_set),
             (SELECT max(greatest(disabled_at, deleted_at)) FROM refract.subject)) AS latest`;

const lastUses = `SELECT key_set.id,
    coalesce((SELECT max(expires_at) FROM refract.session
      WHERE session.contract = key_set.contract AND revoked_at IS NULL
        AND expires_at > refract.now() AND session.created_at <= key_set.retired_at), 0) AS last
   FROM refract.key_set WHERE retired_at IS NOT NULL`;
