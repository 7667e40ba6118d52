// The signer with its keys, as the configuration says how they are sealed.
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import type { KeyStore } from '../engine/ports.ts';
import { createSigner, type PublishingSigner } from '../signer/signer.ts';
import type { LoadedContract } from './loading.ts';

/** @throws KeyError with one sentence where the master secret or the keys cannot be used */
export async function openSigner(
  config: Config,
  contracts: readonly LoadedContract[],
  store: KeyStore,
): Promise<PublishingSigner> {
  const file = config.masterSecretFile ?? join(dirname(config.database), 'master.key');
  const algorithms = new Map(contracts.map(({ name, contract }) => [name, contract.profile.algorithm]));
  const source = { secret: config.masterSecret, file, previous: config.previousMasterSecret };
  return createSigner(store, source, algorithms);
}
