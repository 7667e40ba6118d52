// Looks at a PostgreSQL database without changing it, whatever state it is in.
import { isUnavailable, RefractError } from '../../errors.ts';
import type { StoredKeySet } from '../../signer/ports.ts';
import { keySetOf, type KeySetRow } from '../rows.ts';
import { refuseMarked } from '../copy/mark.ts';
import { connectionsTo, type Run } from './connections.ts';
import { marksIn } from './marks.ts';
import { schemaOf, type PostgresSchema } from './migrations.ts';
import { unpermitted } from './permissions.ts';
import { placeOf } from './place.ts';
import { unmetPromises } from './promises.ts';

export interface PostgresInspection {
  /** As it calls itself. */
  readonly version: string;
  /** It only follows another one, and cannot be written to. */
  readonly isStandby: boolean;
  /** One sentence for each promise that it does not give. */
  readonly unmet: readonly string[];
  /** One sentence for each thing that a server does and its role may not do. */
  readonly unpermitted: readonly string[];
  /** Whether a commit waits for a standby as well. */
  readonly waitsForStandby: boolean;
  readonly isEncrypted: boolean;
  readonly schema: PostgresSchema;
  /** Its clock, in seconds. */
  readonly now: number;
  /** What is in it; not of a database without a schema, or with one that this release cannot work with. */
  readonly rows:
    | {
        readonly contents: { readonly sessions: number; readonly subjects: number };
        readonly keySets: readonly StoredKeySet[];
        /** The latest time in any row, in seconds. */
        readonly latest: number;
        /** By id of a retired key set: when the last living session ends that may have tokens of it; 0 for none. */
        readonly lastUses: ReadonlyMap<string, number>;
      }
    | undefined;
}

/** @throws RefractError `store` where it cannot be reached or read */
export async function inspectPostgres(url: string): Promise<PostgresInspection> {
  const connections = connectionsTo(url, 1, true);
  try {
    return await connections.transaction(async (run) => {
      const place = placeOf(url);
      refuseMarked(place, await marksIn(run), true);
      return inspected(run, place);
    });
  } catch (reason) {
    if (!isUnavailable(reason)) throw reason;
    throw new RefractError('store', `The database ${placeOf(url)} cannot be used: ${reason.message}.`);
  } finally {
    await connections.close();
  }
}

async function inspected(run: Run, place: string): Promise<PostgresInspection> {
  // Before it is limited to reading.
  const forbidden = await unpermitted(run, place);
  await run({ text: 'SET TRANSACTION READ ONLY' });
  const server = await run<Server>({ text: aboutServer });
  const [found] = server.rows;
  if (found === undefined) throw new Error('PostgreSQL told nothing about itself');
  const { version, is_standby: isStandby, waits, encrypted, now } = found;
  const schema = await schemaOf(run, place);
  const isReadable = schema.version > 0 && schema.worksWith <= schema.known && schema.unfit === undefined;
  return {
    version,
    isStandby,
    unmet: await unmetPromises(run, place),
    unpermitted: forbidden,
    waitsForStandby: waits,
    isEncrypted: encrypted,
    schema,
    now,
    rows: isReadable ? await rowsOf(run) : undefined,
  };
}

interface Server {
  version: string;
  is_standby: boolean;
  waits: boolean;
  encrypted: boolean;
  now: number;
  [column: string]: unknown;
}

const aboutServer = `SELECT current_setting('server_version') AS version,
    pg_is_in_recovery() AS is_standby,
    current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') <> 'local' AS waits,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
    floor(extract(epoch FROM clock_timestamp()))::bigint AS now`;

async function rowsOf(run: Run): Promise<PostgresInspection['rows']> {
  const keySets = await run<KeySetRow & Record<string, unknown>>({
    text: 'SELECT id, contract, state, sealed, created_at, retired_at FROM refract.key_set ORDER BY created_at, id',
  });
  const counted = await run<{ sessions: number; subjects: number; latest: number | null }>({ text: contents });
  const uses = await run<{ id: string; last: number | null }>({ text: lastUses });
  const { sessions = 0, subjects = 0, latest = null } = counted.rows[0] ?? {};
  return {
    contents: { sessions, subjects },
    keySets: keySets.rows.map(keySetOf),
    latest: latest ?? 0,
    lastUses: new Map(uses.rows.map(({ id, last }) => [id, last ?? 0])),
  };
}

const contents = `SELECT (SELECT count(*) FROM refract.session) AS sessions,
    (SELECT count(*) FROM refract.subject WHERE deleted_at IS NULL) AS subjects,
    greatest((SELECT max(greatest(rotated_at, created_at, revoked_at)) FROM refract.session),
             (SELECT max(created_at) FROM refract.key_set),
             (SELECT max(greatest(disabled_at, deleted_at)) FROM refract.subject)) AS latest`;

const lastUses = `SELECT key_set.id,
    (SELECT max(expires_at) FROM refract.session
      WHERE session.contract = key_set.contract AND revoked_at IS NULL
        AND expires_at > refract.now() AND session.created_at <= key_set.retired_at) AS last
   FROM refract.key_set WHERE retired_at IS NOT NULL`;
