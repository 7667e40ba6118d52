// The keys: that they open, that each contract has one to sign with, and which have done their service.
import { isForeseen } from '../../errors.ts';
import { algorithmsOf, inspectKeySets, masterSecretOf, type Inspection, type ServedContract } from '../../app/app.ts';
import type { Config } from '../../config.ts';
import { wellUnless, type Finding } from './finding.ts';

type Found = Omit<Finding, 'check'>;

/** @param now integer seconds since 1970 */
export async function checkKeys(
  config: Config,
  contracts: readonly ServedContract[],
  rows: Pick<NonNullable<Inspection['rows']>, 'keySets' | 'lastUses'> | undefined,
  now: number,
): Promise<readonly Finding[]> {
  const keySets = rows?.keySets ?? [];
  const found: Found[] = [];
  try {
    const source = masterSecretOf(config);
    const { isSecretMissing, underPrevious } = await inspectKeySets(keySets, source, algorithmsOf(contracts));
    if (isSecretMissing) found.push(warning(`There are no keys yet; the first start makes them, and ${source.file}.`));
    if (underPrevious.length > 0) {
      found.push(
        warning(`Sealed under the previous master secret, until the next start: ${underPrevious.join(', ')}.`),
      );
    } else if (source.previous !== undefined) {
      found.push(warning('REFRACT_PREVIOUS_MASTER_SECRET opens nothing that the present one does not; leave it out.'));
    }
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    found.push({ level: 'FAIL', sentence: reason.message });
  }
  if (keySets.length > 0) found.push(...withoutActive(contracts, keySets));
  found.push(...ofNobody(contracts, keySets), ...removable(contracts, rows, now));
  const count = (state: string): string => String(keySets.filter((keySet) => keySet.state === state).length);
  const well = `all open; active: ${count('active')}, next: ${count('next')}, retired: ${count('retired')}`;
  return wellUnless('keys', well, found);
}

function withoutActive(
  contracts: readonly ServedContract[],
  keySets: readonly { contract: string; state: string }[],
): Found[] {
  return contracts
    .filter(({ name }) => !keySets.some(({ contract, state }) => contract === name && state === 'active'))
    .map(({ name }) => warning(`${name} has no active key set; the next start makes one.`));
}

function ofNobody(contracts: readonly ServedContract[], keySets: readonly { id: string; contract: string }[]): Found[] {
  return keySets
    .filter(({ contract }) => !contracts.some(({ name }) => name === contract))
    .map(({ id, contract }) => warning(`The key set ${id} is of ${contract}, which is no contract any more.`));
}

function removable(contracts: readonly ServedContract[], rows: Parameters<typeof checkKeys>[2], now: number): Found[] {
  return (rows?.keySets ?? []).flatMap(({ id, contract, retiredAt }) => {
    const accessLifetime = contracts.find(({ name }) => name === contract)?.settings.accessLifetime ?? 0;
    if (retiredAt === undefined || Math.max(retiredAt + accessLifetime, rows?.lastUses.get(id) ?? 0) > now) return [];
    return [warning(`No token that the retired key set ${id} of ${contract} signed can live any more; remove it.`)];
  });
}

function warning(sentence: string): Found {
  return { level: 'warn', sentence };
}
