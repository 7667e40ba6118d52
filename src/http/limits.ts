// Limits per minute: failures per contract and address, and refreshes per session. Refusals and violations are failures;
// where an operation authorizes its callers, only wrong credentials are.
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

const periodSeconds = 60;

export interface FailureLimit {
  readonly isSet: boolean;
  /** Seconds until the address may try the contract again; 0 where it may now. */
  readonly waitFor: (contract: string, address: string | undefined) => Promise<number>;
  readonly count: (contract: string, address: string | undefined) => Promise<void>;
}

/** @param most failures of one address at one contract in a minute; 0 sets no limit */
export function createFailureLimit(most: number): FailureLimit {
  const failures = new RateLimiterMemory({ points: most, duration: periodSeconds });
  return {
    isSet: most > 0,
    waitFor: async (contract, address) => {
      const seen = await failures.get(keyOf(contract, address));
      return most === 0 || seen === null || seen.consumedPoints < most ? 0 : secondsUntilReset(seen);
    },
    count: async (contract, address) => {
      if (most > 0) await failures.penalty(keyOf(contract, address));
    },
  };
}

export interface SessionLimit {
  /** Counts a refresh. @returns seconds until the session may be refreshed again; 0 where it may now */
  readonly count: (sessionId: string) => Promise<number>;
}

/** @param most refreshes of one session in a minute; 0 sets no limit */
export function createSessionLimit(most: number): SessionLimit {
  const refreshes = new RateLimiterMemory({ points: most, duration: periodSeconds });
  return {
    count: async (sessionId) => {
      if (most === 0) return 0;
      const seen = await refreshes.penalty(sessionId);
      return seen.consumedPoints <= most ? 0 : secondsUntilReset(seen);
    },
  };
}

/** The limiter removes a key by a timer, which may be late. */
function secondsUntilReset({ msBeforeNext }: RateLimiterRes): number {
  return msBeforeNext <= 0 ? 0 : Math.min(Math.ceil(msBeforeNext / 1000), periodSeconds);
}

function keyOf(contract: string, address: string | undefined): string {
  return `${contract} ${address === undefined || !ipaddr.isValid(address) ? 'unknown' : networkOf(address)}`;
}

/** An IPv4 address, or the /56 network of an IPv6 address: a provider assigns one of these to a customer. */
function networkOf(address: string): string {
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 7).join('.');
}
