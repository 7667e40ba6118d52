// Whether requests to refresh should be sent here: the store can be written to, the keys are there, the contracts are
// served. What is not so is said in a line each.
import { cached } from './cached.ts';
import type { Signer } from '../engine/ports.ts';
import type { Store } from '../store/store.ts';

/** What the server is about. `stopping` begins before it accepts no more. */
export type Phase = 'starting' | 'serving' | 'stopping';

export interface Check {
  readonly part: 'store' | 'keys' | 'contracts';
  /** One sentence, where something is. */
  readonly trouble: string | undefined;
}

export interface ReadinessParts {
  readonly contracts: readonly string[];
  readonly store: Pick<Store, 'probe'>;
  readonly signer: Pick<Signer, 'activeKeyId'>;
  /** Why the keys could not be looked at again, the last time that was tried. */
  readonly reloadTrouble: () => string | undefined;
  readonly phase: () => Phase;
}

/** Milliseconds. Asking more often asks the store no more than this. */
const probePeriod = 1_000;

export function createReadiness(parts: ReadinessParts): () => Promise<readonly Check[]> {
  const probe = cached(probePeriod, async () => troubleOf(() => parts.store.probe()));
  return async () => [
    { part: 'store', trouble: sentence('The store cannot be used', await probe()) },
    { part: 'keys', trouble: await troubleOfKeys(parts) },
    { part: 'contracts', trouble: troubleOfPhase[parts.phase()] },
  ];
}

const troubleOfPhase: Readonly<Record<Phase, string | undefined>> = {
  starting: 'The contracts are not served yet.',
  serving: undefined,
  stopping: 'The server is stopping.',
};

async function troubleOfKeys({ contracts, signer, reloadTrouble }: ReadinessParts): Promise<string | undefined> {
  for (const contract of contracts) {
    const trouble = await troubleOf(() => signer.activeKeyId(contract));
    if (trouble !== undefined) return sentence('Tokens cannot be signed', trouble);
  }
  return sentence('The keys could not be loaded anew', reloadTrouble());
}

async function troubleOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
}

function sentence(what: string, cause: string | undefined): string | undefined {
  return cause === undefined ? undefined : `${what}: ${cause.replace(/\.$/, '')}.`;
}
