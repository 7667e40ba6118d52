// Looks at key sets without making, sealing or publishing anything.
import { existsSync } from 'node:fs';
import type { StoredKeySet } from './ports.ts';
import { openKeySet, opens, sealingKeyFrom, type Algorithm } from './key-set.ts';
import { openLegacyKey } from './legacy-key.ts';
import { loadMasterSecret, type MasterSecretSource } from './master-secret.ts';

/** What the master secrets open. */
export interface KeyInspection {
  /** None is there yet; the first start makes one. */
  readonly isSecretMissing: boolean;
  /** Still sealed under the previous master secret; the next start seals them anew. */
  readonly underPrevious: readonly string[];
}

/** @throws RefractError `key` where the master secret is missing, or a key set cannot be opened or used */
export async function inspectKeySets(
  keySets: readonly StoredKeySet[],
  source: MasterSecretSource,
  algorithms: ReadonlyMap<string, Algorithm>,
): Promise<KeyInspection> {
  if (keySets.length === 0 && source.secret === undefined && !existsSync(source.file)) {
    return { isSecretMissing: true, underPrevious: [] };
  }
  const present = sealingKeyFrom(loadMasterSecret(source, false));
  const previous = source.previous === undefined ? undefined : sealingKeyFrom(source.previous);
  const underPrevious: string[] = [];
  for (const keySet of keySets) {
    const algorithm = algorithms.get(keySet.contract);
    const isOld = previous !== undefined && !(await opens(keySet, present)) && (await opens(keySet, previous));
    if (isOld) underPrevious.push(keySet.id);
    if (algorithm === undefined) continue;
    const open = keySet.state === 'legacy' ? openLegacyKey : openKeySet;
    await open(keySet, algorithm, isOld ? previous : present);
  }
  return { isSecretMissing: false, underPrevious };
}
