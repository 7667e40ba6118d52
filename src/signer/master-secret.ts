// The master secret that seals all keys: from the configuration, or from a file that only its owner can read.
import { existsSync } from 'node:fs';
import { RefractError } from '../errors.ts';
import { canUnseal, deriveSealingKey, openKeys, type Algorithm } from './key-set.ts';
import type { StoredKeySet } from './ports.ts';
import { createSecretFile, readSecretFile } from './secret-file.ts';

/** Characters: a shorter secret could be guessed from a copy of the database. */
const shortestSecret = 32;

/** Where the master secret comes from; `secret` overrides the file. */
export interface MasterSecretSource {
  readonly secret: string | undefined;
  readonly file: string;
  /** The former secret, which key sets may still be sealed under. */
  readonly previous?: string | undefined;
}

/**
 * @param mayCreate whether to create a missing file; false where keys are already sealed
 * @throws RefractError `key` for a secret that is missing, too short or readable by others
 */
export function loadMasterSecret({ secret, file }: MasterSecretSource, mayCreate: boolean): string {
  if (secret === undefined) {
    const stored = readSecretFile(file, 'master secret', shortestSecret);
    if (stored !== undefined) return stored;
    if (mayCreate) return createSecretFile(file, 'master secret', shortestSecret);
    const advice = `set REFRACT_MASTER_SECRET, or restore ${file}`;
    throw new RefractError('key', `The master secret that seals the keys in the database is missing; ${advice}.`);
  }
  if (secret.length >= shortestSecret) return secret;
  const size = `REFRACT_MASTER_SECRET has ${String(secret.length)} characters`;
  throw new RefractError('key', `${size}; it needs at least ${String(shortestSecret)}.`);
}

export interface KeyInspection {
  /** Whether there are neither keys nor a secret, which the first start creates. */
  readonly isSecretMissing: boolean;
  /** Ids of key sets that the next start seals under the present master secret. */
  readonly underPrevious: readonly string[];
}

/**
 * Checks key sets without creating or changing anything.
 * @throws RefractError `key` where the master secret is missing, or a key set cannot be opened
 */
export async function inspectKeySets(
  keySets: readonly StoredKeySet[],
  source: MasterSecretSource,
  algorithms: ReadonlyMap<string, Algorithm>,
): Promise<KeyInspection> {
  if (keySets.length === 0 && source.secret === undefined && !existsSync(source.file)) {
    return { isSecretMissing: true, underPrevious: [] };
  }
  const present = deriveSealingKey(loadMasterSecret(source, false));
  const previous = source.previous === undefined ? undefined : deriveSealingKey(source.previous);
  const underPrevious: string[] = [];
  for (const keySet of keySets) {
    const algorithm = algorithms.get(keySet.contract);
    const isOld = previous !== undefined && !(await canUnseal(keySet, present)) && (await canUnseal(keySet, previous));
    if (isOld) underPrevious.push(keySet.id);
    if (algorithm !== undefined) await openKeys(keySet, algorithm, isOld ? previous : present);
  }
  return { isSecretMissing: false, underPrevious };
}
