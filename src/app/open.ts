// Opens the store, the keys and the session limit of the settings. PostgreSQL's driver and the limits are loaded only when
// they are used.
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import type { SessionLimit } from '../http/limits.ts';
import type { MasterSecretSource } from '../signer/master-secret.ts';
import type { KeyStore } from '../signer/ports.ts';
import { createSigner, type PublishingSigner } from '../signer/signer.ts';
import { describeAddress } from '../store/postgres/address.ts';
import { openSqliteStore, type GroupCommitted } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import type { LoadedContract } from './contracts.ts';

export type StoreSettings = Pick<Config, 'database' | 'databaseUrl' | 'databasePool' | 'busyTimeout'>;
export type KeySettings = Pick<Config, 'database' | 'masterSecret' | 'masterSecretFile' | 'previousMasterSecret'>;

export interface OpenedStore {
  readonly store: Store;
  /** Returns the connections to PostgreSQL, and how many callers wait for one; undefined for SQLite. */
  readonly pool: (() => { readonly open: number; readonly idle: number; readonly waiting: number }) | undefined;
}

/**
 * @param clock integer seconds since 1970; PostgreSQL uses its own clock
 * @throws RefractError `store` if it cannot be used
 */
export async function openStore(
  { database, databaseUrl, databasePool, busyTimeout }: StoreSettings,
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

/** Returns the database for messages: its file, or name and host without the password. */
export function databasePlace({ database, databaseUrl }: Pick<Config, 'database' | 'databaseUrl'>): string {
  return databaseUrl === undefined ? database : describeAddress(databaseUrl);
}

/**
 * @param onReloaded awaited after each reload of the keys, for another thread that signs with them
 * @throws RefractError `key` if the master secret or the keys cannot be used
 */
export async function openSigner(
  settings: KeySettings,
  contracts: readonly Pick<LoadedContract, 'name' | 'contract'>[],
  store: KeyStore,
  onReloaded?: () => Promise<void>,
): Promise<PublishingSigner> {
  return createSigner(store, masterSecretOf(settings), algorithmsOf(contracts), onReloaded);
}

export function masterSecretOf(settings: KeySettings): MasterSecretSource {
  const file = settings.masterSecretFile ?? join(dirname(settings.database), 'master.key');
  return { secret: settings.masterSecret, file, previous: settings.previousMasterSecret };
}

export function algorithmsOf(
  contracts: readonly Pick<LoadedContract, 'name' | 'contract'>[],
): ReadonlyMap<string, 'EdDSA' | 'HS256'> {
  return new Map(contracts.map(({ name, contract }) => [name, contract.profile.algorithm]));
}

/** @param maxRefreshes of one session in a minute; 0 sets no limit */
export function sessionLimitOf(maxRefreshes: number): SessionLimit | undefined {
  if (maxRefreshes === 0) return undefined;
  let limit: Promise<SessionLimit> | undefined;
  const load = async (): Promise<SessionLimit> => (await import('../http/limits.ts')).createSessionLimit(maxRefreshes);
  return { count: async (sessionId) => (await (limit ??= load())).count(sessionId) };
}
