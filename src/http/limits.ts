// Limits in a minute: of failures per contract and address (what is refused or does not fit counts, what is granted
// never does; where callers are authorized, only guesses of a credential do), and of refreshes per session. Counted by express-rate-limit's store, without its middleware, which
// counts a request before its outcome is known.
import { ipKeyGenerator, MemoryStore } from 'express-rate-limit';

const period = 60;

export interface FailureLimit {
  /** Whether there is one; without, the rest need not be asked. */
  readonly isSet: boolean;
  /** Seconds until the address may try the contract again; 0 where it may now. */
  readonly waitFor: (contract: string, address: string | undefined) => Promise<number>;
  readonly count: (contract: string, address: string | undefined) => Promise<void>;
  readonly stop: () => void;
}

/** @param most failures of one address at one contract in a minute; 0 sets no limit */
export function createFailureLimit(most: number): FailureLimit {
  const hits = createStore();
  return {
    isSet: most > 0,
    waitFor: async (contract, address) => {
      if (most === 0) return 0;
      const seen = await hits.get(keyOf(contract, address));
      return seen === undefined || seen.totalHits < most ? 0 : secondsUntil(seen.resetTime);
    },
    count: async (contract, address) => {
      if (most > 0) await hits.increment(keyOf(contract, address));
    },
    stop: () => {
      hits.shutdown();
    },
  };
}

export interface SessionLimit {
  /** Counts a refresh. @returns seconds until the session may be refreshed again; 0 where it may now */
  readonly count: (sessionId: string) => Promise<number>;
  readonly stop: () => void;
}

/** @param most refreshes of one session in a minute; 0 sets no limit */
export function createSessionLimit(most: number): SessionLimit {
  const hits = createStore();
  return {
    count: async (sessionId) => {
      if (most === 0) return 0;
      const { totalHits, resetTime } = await hits.increment(sessionId);
      return totalHits <= most ? 0 : secondsUntil(resetTime);
    },
    stop: () => {
      hits.shutdown();
    },
  };
}

function createStore(): MemoryStore {
  const store = new MemoryStore();
  // The store reads `windowMs` alone of the limiter's options; the rest belongs to a middleware that is not used.
  store.init({ windowMs: period * 1000 } as Parameters<MemoryStore['init']>[0]);
  return store;
}

function secondsUntil(time: Date | undefined): number {
  const wait = Math.ceil(((time?.getTime() ?? Date.now()) - Date.now()) / 1000);
  return Math.min(Math.max(wait, 1), period);
}

/** An IPv6 caller owns a whole network of addresses, so the network counts. */
function keyOf(contract: string, address: string | undefined): string {
  return `${contract} ${address === undefined ? 'unknown' : ipKeyGenerator(address)}`;
}
