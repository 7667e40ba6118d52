// The store for many instances: PostgreSQL, whose clock is the clock of all of them.
//
// The rule stays outside: a refresh reads in one statement, decides and signs, and writes in one statement that carries
// everything the decision was based on. No lock outlives a statement, so an instance that dies blocks no other.
import { isUnavailable, RefractError } from '../errors.ts';
import { refuseMarked } from './copy/mark.ts';
import { auditIn } from './postgres/audit.ts';
import { connectionsTo, type Connections } from './postgres/connections.ts';
import { marksIn } from './postgres/contents.ts';
import { importingIn } from './postgres/import.ts';
import { keySetsIn } from './postgres/key-sets.ts';
import { migrate } from './postgres/migrations.ts';
import { placeOf } from './postgres/place.ts';
import { checkPromises } from './postgres/requirements.ts';
import { sessionsIn } from './postgres/sessions.ts';
import { subjectsIn } from './postgres/subjects.ts';
import type { Store } from './store.ts';

export interface PostgresOptions {
  /** As `postgres://…`, with TLS and other settings as libpq reads them. */
  readonly url: string;
  /** Connections at most. */
  readonly poolSize: number;
}

/** A store that also reports its connections. */
export interface PostgresStore extends Store {
  readonly pool: Connections['pool'];
}

/** Opens a database as a store. @throws RefractError `store` where it cannot be used */
export async function openPostgresStore({ url, poolSize }: PostgresOptions): Promise<PostgresStore> {
  const place = placeOf(url);
  const connections = connectionsTo(url, poolSize);
  try {
    await checkPromises(connections, place);
    // The target of a copy may be opened before the copy has finished: requests are unavailable until then.
    refuseMarked(place, await marksIn(connections.repeatable), false);
    await migrate(connections, place);
  } catch (reason) {
    await connections.close();
    if (!isUnavailable(reason)) throw reason;
    throw new RefractError('store', `The database ${place} cannot be used: ${reason.message}.`);
  }
  const sessions = sessionsIn(connections);
  return {
    ...sessions,
    ...subjectsIn(connections),
    ...keySetsIn(connections),
    ...auditIn(connections),
    ...importingIn(connections),
    probe: async () => {
      await sessions.read('');
      // Writes, to the disk, and changes nothing.
      await connections.repeatable({ name: 'refract_probe', text: probe });
    },
    close: connections.close,
    pool: connections.pool,
  };
}

const probe = 'UPDATE refract.schema_version SET version = version';
