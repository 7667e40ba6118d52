// The store that the configuration names. PostgreSQL's driver is loaded only where it is asked for.
import type { Config } from '../config.ts';
import type { Store } from '../store/store.ts';
import type { PostgresInspection } from '../store/postgres/inspect.ts';
import { placeOf } from '../store/postgres/place.ts';
import type { GroupCommitted } from '../store/sqlite.ts';
import { openSqliteStore } from '../store/sqlite.ts';

export interface OpenedStore {
  readonly store: Store;
  /** How many connections there are to a database that has such, and how many callers wait for one. */
  readonly pool: (() => { readonly open: number; readonly idle: number; readonly waiting: number }) | undefined;
}

/**
 * Opens it.
 * @param clock integer seconds since 1970; PostgreSQL has a clock of its own
 * @throws RefractError `store` where it cannot be used
 */
export async function openStore(
  { database, databaseUrl, databasePool, busyTimeout }: Config,
  clock: (() => number) | undefined,
  onCommit: (group: GroupCommitted) => void,
): Promise<OpenedStore> {
  if (databaseUrl === undefined) {
    const store = openSqliteStore({ file: database, busyTimeout, onCommit, ...(clock && { clock }) });
    return { store, pool: undefined };
  }
  const { openPostgresStore } = await import('../store/postgres.ts');
  const { pool, ...store } = await openPostgresStore({ url: databaseUrl, poolSize: databasePool });
  return { store, pool };
}

/** Looks at a PostgreSQL database without changing it. @throws RefractError `store` where it cannot be reached or read */
export async function inspectPostgres(url: string): Promise<PostgresInspection> {
  return (await import('../store/postgres/inspect.ts')).inspectPostgres(url);
}

/** The database as it may be printed: its file, or its name and host without what is needed to get in. */
export function databasePlace({ database, databaseUrl }: Config): string {
  return databaseUrl === undefined ? database : placeOf(databaseUrl);
}
