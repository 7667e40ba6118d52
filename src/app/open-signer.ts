// The signer with its keys, as the configuration says how they are sealed.
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import type { KeyStore } from '../signer/ports.ts';
import type { MasterSecretSource } from '../signer/master-secret.ts';
import { createSigner, type PublishingSigner } from '../signer/signer.ts';
import type { LoadedContract } from './contracts.ts';

/**
 * @param reloaded awaited whenever keys were looked at anew, for whoever else signs with them
 * @throws RefractError `key` where the master secret or the keys cannot be used
 */
export async function openSigner(
  config: Config,
  contracts: readonly Pick<LoadedContract, 'name' | 'contract'>[],
  store: KeyStore,
  reloaded?: () => Promise<void>,
): Promise<PublishingSigner> {
  return createSigner(store, masterSecretOf(config), algorithmsOf(contracts), reloaded);
}

/** Where the master secret is to be found. */
export function masterSecretOf(config: Config): MasterSecretSource {
  const file = config.masterSecretFile ?? join(dirname(config.database), 'master.key');
  return { secret: config.masterSecret, file, previous: config.previousMasterSecret };
}

/** What each contract's keys are for. */
export function algorithmsOf(
  contracts: readonly Pick<LoadedContract, 'name' | 'contract'>[],
): ReadonlyMap<string, 'EdDSA' | 'HS256'> {
  return new Map(contracts.map(({ name, contract }) => [name, contract.profile.algorithm]));
}
