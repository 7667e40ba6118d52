// A limit on failures per contract and address: what is refused or does not fit counts, what is granted never does.
import { ipKeyGenerator, MemoryStore } from 'express-rate-limit';

const period = 60;

export interface FailureLimit {
  /** Seconds until the address may try the contract again; 0 where it may now. */
  readonly waitFor: (contract: string, address: string | undefined) => Promise<number>;
  readonly count: (contract: string, address: string | undefined) => Promise<void>;
  readonly stop: () => void;
}

/** @param most failures of one address at one contract in a minute; 0 sets no limit */
export function createFailureLimit(most: number): FailureLimit {
  const store = new MemoryStore();
  // The store reads `windowMs` alone of the limiter's options; the rest belongs to a middleware that counts successes too.
  store.init({ windowMs: period * 1000 } as Parameters<MemoryStore['init']>[0]);

  return {
    waitFor: async (contract, address) => {
      if (most === 0) return 0;
      const seen = await store.get(keyOf(contract, address));
      if (seen === undefined || seen.totalHits < most) return 0;
      const wait = Math.ceil(((seen.resetTime?.getTime() ?? Date.now()) - Date.now()) / 1000);
      return Math.min(Math.max(wait, 1), period);
    },
    count: async (contract, address) => {
      if (most > 0) await store.increment(keyOf(contract, address));
    },
    stop: () => {
      store.shutdown();
    },
  };
}

/** An IPv6 caller owns a whole network of addresses, so the network counts. */
function keyOf(contract: string, address: string | undefined): string {
  return `${contract} ${address === undefined ? 'unknown' : ipKeyGenerator(address)}`;
}
