// What servers of the model test are started with, as the design's table has it, and what an operator may make of it.
import { contracts, type ContractName } from '../../../test/shared/refreshing.ts';
import type { Reference, Settings } from './reference.ts';

const hour = 3_600;
const day = 24 * hour;

const standard: Reference['settings'] = {
  fib: { policy: 'single-use', grace: 60, refreshLifetime: day, sessionLifetime: 7 * day },
  orillion: { policy: 'single-use', grace: 60, refreshLifetime: day, sessionLifetime: 7 * day },
  xerial: { policy: 'single-use', grace: 60, refreshLifetime: 30 * day, sessionLifetime: 90 * day },
  kirjaswappi: { policy: 'static', grace: 60, refreshLifetime: 7 * day, sessionLifetime: 7 * day },
  cloudreve: { policy: 'reusable', grace: 60, refreshLifetime: 180 * day, sessionLifetime: 180 * day },
};

/** Each a change to the standard: what was issued before keeps its policy, and the grace period is the present one. */
export const variants: readonly Partial<Record<ContractName, Partial<Settings>>>[] = [
  {},
  { cloudreve: { policy: 'single-use' }, xerial: { grace: 0 } },
  { fib: { grace: 0 }, orillion: { grace: 2 }, cloudreve: { grace: 0 } },
];

export function settingsOf(variant: number): Reference['settings'] {
  const changes = variants[variant] ?? {};
  const { fib, orillion, xerial, kirjaswappi, cloudreve } = standard;
  return {
    fib: { ...fib, ...changes.fib },
    orillion: { ...orillion, ...changes.orillion },
    xerial: { ...xerial, ...changes.xerial },
    kirjaswappi: { ...kirjaswappi, ...changes.kirjaswappi },
    cloudreve: { ...cloudreve, ...changes.cloudreve },
  };
}

export function environmentOf(variant: number): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const contract of contracts) {
    const { policy, grace } = variants[variant]?.[contract] ?? {};
    const prefix = `REFRACT_${contract.toUpperCase()}`;
    if (policy !== undefined) environment[`${prefix}_POLICY`] = policy;
    if (grace !== undefined) environment[`${prefix}_GRACE_PERIOD`] = String(grace);
  }
  return environment;
}
