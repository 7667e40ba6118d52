// Decides whether the server is ready for refreshes: the store accepts writes, keys can sign, the contracts are served.
import type { Signer } from '../engine/ports.ts';
import type { Store } from '../store/store.ts';

/** `stopping` begins before the ports close. */
export type Phase = 'starting' | 'serving' | 'stopping';

export interface Check {
  readonly part: 'store' | 'keys' | 'contracts';
  /** One sentence, if the part is not ready. */
  readonly trouble: string | undefined;
}

export interface ReadinessParts {
  readonly contracts: readonly string[];
  readonly store: Pick<Store, 'probe'>;
  readonly signer: Pick<Signer, 'activeKeyId'>;
  /** Returns why the last reload of the keys failed, if it did. */
  readonly reloadTrouble: () => string | undefined;
  readonly phase: () => Phase;
}

/** The store is probed at most once in this time. */
const probePeriodMs = 1_000;

export function createReadiness(parts: ReadinessParts): () => Promise<readonly Check[]> {
  const probe = cacheFor(probePeriodMs, async () => messageOf(() => parts.store.probe()));
  return async () => [
    { part: 'store', trouble: sentence('The store cannot be used', await probe()) },
    { part: 'keys', trouble: await keyTrouble(parts) },
    { part: 'contracts', trouble: phaseTrouble[parts.phase()] },
  ];
}

/**
 * Caches results and errors of `read`, so that frequent callers cannot load the database.
 * @param now milliseconds of a monotonic clock
 */
export function cacheFor<Result>(
  periodMs: number,
  read: () => Promise<Result>,
  now: () => number = () => performance.now(),
): () => Promise<Result> {
  let cached: { readonly result: Promise<Result>; readonly since: number } | undefined;
  return () => {
    if (cached === undefined || now() - cached.since >= periodMs) cached = { result: read(), since: now() };
    return cached.result;
  };
}

const phaseTrouble: Readonly<Record<Phase, string | undefined>> = {
  starting: 'The contracts are not served yet.',
  serving: undefined,
  stopping: 'The server is stopping.',
};

async function keyTrouble({ contracts, signer, reloadTrouble }: ReadinessParts): Promise<string | undefined> {
  for (const contract of contracts) {
    const message = await messageOf(() => signer.activeKeyId(contract));
    if (message !== undefined) return sentence('Tokens cannot be signed', message);
  }
  return sentence('The keys could not be reloaded', reloadTrouble());
}

/** Returns the message of the error that `work` throws or rejects with, if any. */
async function messageOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason);
  }
}

function sentence(problem: string, cause: string | undefined): string | undefined {
  return cause === undefined ? undefined : `${problem}: ${cause.replace(/\.$/, '')}.`;
}
