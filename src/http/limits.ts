// Limits per minute: failures per contract and address, and refreshes per session. Refusals and violations are failures;
// for an operation that authorizes its callers, only wrong credentials are.
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

const periodSeconds = 60;

export interface FailureLimit {
  readonly isSet: boolean;
  /** Seconds until the address may call the contract again; 0 if it may now. */
  readonly waitFor: (contract: string, address: string | undefined) => Promise<number>;
  readonly count: (contract: string, address: string | undefined) => Promise<void>;
}

/** @param maxFailures of one address at one contract in a minute; 0 sets no limit */
export function createFailureLimit(maxFailures: number): FailureLimit {
  const failures = new RateLimiterMemory({ points: maxFailures, duration: periodSeconds });
  return {
    isSet: maxFailures > 0,
    waitFor: async (contract, address) => {
      const counted = await failures.get(keyOf(contract, address));
      return maxFailures === 0 || counted === null || counted.consumedPoints < maxFailures
        ? 0
        : secondsUntilReset(counted);
    },
    count: async (contract, address) => {
      if (maxFailures > 0) await failures.penalty(keyOf(contract, address));
    },
  };
}

export interface SessionLimit {
  /** Counts a refresh. @returns seconds until the session may be refreshed again; 0 if it may now */
  readonly count: (sessionId: string) => Promise<number>;
}

/** @param maxRefreshes of one session in a minute; 0 sets no limit */
export function createSessionLimit(maxRefreshes: number): SessionLimit {
  const refreshes = new RateLimiterMemory({ points: maxRefreshes, duration: periodSeconds });
  return {
    count: async (sessionId) => {
      if (maxRefreshes === 0) return 0;
      const counted = await refreshes.penalty(sessionId);
      return counted.consumedPoints <= maxRefreshes ? 0 : secondsUntilReset(counted);
    },
  };
}

/** The limiter removes a key by a timer, which may be late, so the time left may be negative. */
function secondsUntilReset({ msBeforeNext }: RateLimiterRes): number {
  return msBeforeNext <= 0 ? 0 : Math.min(Math.ceil(msBeforeNext / 1000), periodSeconds);
}

function keyOf(contract: string, address: string | undefined): string {
  return `${contract} ${address === undefined || !ipaddr.isValid(address) ? 'unknown' : networkOf(address)}`;
}

/** Returns an IPv4 address, or the /56 network of an IPv6 address: providers assign one to each customer. */
function networkOf(address: string): string {
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 7).join('.');
}
