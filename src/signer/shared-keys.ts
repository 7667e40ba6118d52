// One key for one thing: what would let a token of one kind or contract pass for another's is refused.
import { RefractError } from '../errors.ts';
import type { KeySet } from './key-set.ts';
import type { LegacyKey } from './legacy-key.ts';

export const uses = ['access', 'refresh'] as const;

/**
 * A legacy key may be another key of its own contract: it is believed only about tokens that were imported.
 * @throws RefractError `key` where one key signs two kinds of tokens: one of the one would pass for one of the other
 */
export function refuseSharedKeys(
  keySets: readonly KeySet[],
  legacyKeys: readonly LegacyKey[],
  code: 'key' | 'conflict',
): void {
  const places = new Map<string, string>();
  for (const keySet of keySets) {
    for (const use of uses) {
      const place = `the ${use} tokens of ${keySet.contract}`;
      const other = places.get(keySet[use].thumbprint) ?? place;
      if (other !== place)
        throw new RefractError(code, `One key signs both ${other} and ${place}; each needs its own.`);
      places.set(keySet[use].thumbprint, place);
    }
  }
  const contracts = new Map(
    keySets.flatMap(({ contract, access, refresh }) => [
      [access.thumbprint, contract],
      [refresh.thumbprint, contract],
    ]),
  );
  for (const { contract, thumbprint } of legacyKeys) {
    const other = contracts.get(thumbprint) ?? contract;
    if (other !== contract) {
      throw new RefractError(code, `One key is both of ${other} and a legacy key of ${contract}; each needs its own.`);
    }
    contracts.set(thumbprint, contract);
  }
}
