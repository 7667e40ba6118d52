// Clients that refresh all the time, each with its newest token, and with a log of their own of what they saw. They do
// what a careful client does: they retry with the same token whatever is no refusal.
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { callFor, isGranted, refreshTokenIn, type ContractName } from '../../test/shared/refreshing.ts';
import { call, json, type WireAnswer } from '../../test/shared/wire.ts';
import { pick } from '../../test/shared/random.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import type { Issued, ServerProcess } from './serving.ts';

export { pause };

/** A client's session, and everything the client has seen of it. */
export interface Chain extends Pick<Issued, 'contract' | 'sessionId'> {
  /** All refresh tokens it was given, oldest first; the last one is current. */
  readonly tokens: string[];
  /** A revocation was requested, and may be done. */
  isEnding: boolean;
  /** The revocation was confirmed: what is sent after that must be refused. */
  isRevoked: boolean;
  refreshes: number;
}

export interface Chains {
  readonly all: readonly Chain[];
  /** Sends a token; `undefined` where no whole response came. */
  readonly send: (origin: string, contract: ContractName, token: string) => Promise<WireAnswer | undefined>;
  readonly counts: Readonly<Counts>;
  /** Milliseconds for which the client that waits longest has waited. */
  readonly longestPending: () => number;
  readonly violations: string[];
  /** Resolves when each client has its last response, and begins no other refresh. */
  readonly end: () => Promise<void>;
  /** Ends them at once. */
  readonly stop: () => Promise<void>;
}

interface Counts {
  refreshes: number;
  /** Requests without a whole response. */
  lost: number;
  unavailable: number;
  /** Milliseconds. */
  longestWait: number;
  /** Clients that were refused only when the grace period could be over. */
  late: number;
}

export interface ChainsOptions {
  /** Where servers are at the moment; each request goes to one of them. */
  readonly origins: () => readonly string[];
  readonly issued: readonly Issued[];
  readonly random: () => number;
  /** Milliseconds between two refreshes of one client. */
  readonly rest?: number;
  /** Whether connections are kept; they are where left out. */
  readonly isKeptAlive?: boolean;
}

/** How long a client waits for a response, and how long it retries before it counts as locked out. */
const [timeoutMs, patienceMs] = [5_000, 300_000];

/** Milliseconds: no grace period is longer, and seconds are whole. A client that retries sooner is never too late. */
const graceable = 59_000;

const isSingleUse = (contract: ContractName): boolean => contract !== 'cloudreve' && contract !== 'kirjaswappi';

/** Starts the clients. They refresh until `end` or `stop`. */
export function startChains({ origins, issued, random, rest = 0, isKeptAlive = true }: ChainsOptions): Chains {
  const agent = new Agent({ keepAlive: isKeptAlive });
  const violations: string[] = [];
  const counts: Counts = { refreshes: 0, lost: 0, unavailable: 0, longestWait: 0, late: 0 };
  const pending = new Map<Chain, number>();
  const all = issued.map(({ contract, sessionId, token }): Chain => ({
    ...{ contract, sessionId, tokens: [token] },
    ...{ isEnding: false, isRevoked: false, refreshes: 0 },
  }));
  let [isOver, isStopped] = [false, false];
  const over = Promise.withResolvers<undefined>();
  const send: Chains['send'] = (origin, contract, token) =>
    call(origin, callFor(contract, token), { agent, timeoutMs }).catch(() => undefined);

  /** Refreshes once, with retries. @returns whether the chain continues */
  const refresh = async (chain: Chain, since: number): Promise<boolean> => {
    const { contract, sessionId, tokens } = chain;
    const name = `${contract} ${sessionId}`;
    const presented = tokens.at(-1) ?? '';
    while (performance.now() < since + patienceMs && !isStopped) {
      const known = origins();
      const wasRevoked = chain.isRevoked;
      const response = known.length === 0 ? undefined : await send(pick(known, random), contract, presented);
      if (response !== undefined && isGranted(contract, response)) {
        if (wasRevoked) violations.push(`${name}: granted after its revocation was confirmed`);
        counts.refreshes += 1;
        counts.longestWait = Math.max(counts.longestWait, performance.now() - since);
        chain.refreshes += 1;
        // A response of kirjaswappi has no refresh token.
        if (contract !== 'kirjaswappi') tokens.push(refreshTokenIn(contract, json(response)));
        return true;
      }
      if (known.length === 0) {
        if (isOver) return false;
      } else if (response === undefined) counts.lost += 1;
      else if (response.status === 503 || response.status === 429) {
        counts.unavailable += 1;
        // About as long as Retry-After says.
        await pause(500 + random() * 1_000);
      } else {
        const waited = performance.now() - since;
        // A refusal may overtake the confirmation of its revocation.
        for (let waits = 0; waits < 100 && !chain.isRevoked && !chain.isEnding; waits += 1) await pause(50);
        if (chain.isRevoked || chain.isEnding) return false;
        if (isSingleUse(contract) && waited >= graceable) counts.late += 1;
        else {
          const told = `${response.status} ${response.body.slice(0, 120)}`;
          violations.push(`${name}: locked out at generation ${tokens.length - 1} with ${told}`);
        }
        return false;
      }
      await pause(20 + random() * 80);
    }
    if (!isStopped) violations.push(`${name}: no response for ${patienceMs / 1000} s`);
    return false;
  };

  const running = all.map(async (chain) => {
    // Not all of them at the same moment.
    await pause(rest * random());
    for (let continues = true; continues && !isOver;) {
      pending.set(chain, performance.now());
      continues = await refresh(chain, performance.now());
      pending.delete(chain);
      if (rest > 0) await Promise.race([pause(rest * (0.5 + random())), over.promise]);
    }
  });
  // A failure is reported by the first that waits.
  const ended = Promise.all(running);
  ended.catch(() => undefined);

  const end = async (): Promise<void> => {
    isOver = true;
    over.resolve(undefined);
    await ended;
  };
  return {
    ...{ all, send, counts, violations, end },
    longestPending: () => performance.now() - Math.min(...pending.values(), performance.now()),
    stop: async () => {
      isStopped = true;
      agent.destroy();
      await end();
    },
  };
}

/** Revokes the session of one client. @returns how many revocations were confirmed */
export async function revokeOne({ admin }: ServerProcess, { all }: Chains, random: () => number): Promise<number> {
  const active = all.filter(({ isEnding }) => !isEnding);
  if (active.length < all.length / 2) return 0;
  const chain = pick(active, random);
  chain.isEnding = true;
  // A revocation that is answered with 503 may be done all the same.
  for (let attempts = 0; attempts < 10; attempts += 1) {
    const path = { sessionId: chain.sessionId };
    const { response } = await admin.DELETE('/sessions/{sessionId}', { params: { path } });
    if (response.ok) {
      chain.isRevoked = true;
      return 1;
    }
    await pause(500);
  }
  return 0;
}

/** Resolves when every client that may continue was granted so many more refreshes; what stays stuck is a violation. */
export async function everyoneContinues({ all, violations }: Chains, times = 1): Promise<void> {
  const before = new Map(all.map((chain) => [chain, chain.refreshes]));
  const stuck = () => all.filter((chain) => !chain.isEnding && chain.refreshes < (before.get(chain) ?? 0) + times);
  const end = performance.now() + 90_000;
  while (stuck().length > 0 && performance.now() < end && violations.length === 0) await pause(10);
  if (violations.length > 0) return;
  violations.push(...stuck().map(({ contract, sessionId }) => `${contract} ${sessionId}: does not continue`));
}

/** @throws where it does not come true in so many seconds */
export async function until(what: string, seconds: number, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`after ${seconds} s it was still not true that ${what}`);
    await pause(100);
  }
}

/** Ends the clients and looks back: what was revoked or superseded is refused, and no token has two successors. */
export async function lookBack(chains: Chains, ...origins: readonly string[]) {
  await chains.end();
  const { all, send, violations, counts } = chains;
  let presented = 0;
  for (const { contract, sessionId, tokens, isRevoked } of all) {
    // Two generations behind is reuse at any time, under a policy that knows it.
    const superseded = isSingleUse(contract) && tokens.length > 3 ? tokens.slice(-4, -3) : [];
    for (const token of isRevoked ? tokens.slice(-2) : superseded) {
      for (const origin of origins) {
        const response = await send(origin, contract, token);
        presented += 1;
        const isRefused = [401, 200].includes(response?.status ?? 0) && response?.body.includes('oken":"ey') === false;
        if (!isRefused) violations.push(`${contract} ${sessionId}: an ended or superseded token was not refused`);
      }
    }
    const byGeneration = Map.groupBy(new Set(tokens), (token) => claimsOf(token)['gen']);
    for (const [generation, same] of byGeneration) {
      if (same.length > 1) violations.push(`${contract} ${sessionId}: two tokens of generation ${String(generation)}`);
    }
  }
  return {
    cases: counts.refreshes + presented,
    violations,
    figures: {
      chains: all.length,
      'responses lost': counts.lost,
      'responses of 503': counts.unavailable,
      'longest wait of a client': `${(counts.longestWait / 1000).toFixed(1)} s`,
      'refused after the grace period': counts.late,
      'sessions revoked': all.filter(({ isRevoked }) => isRevoked).length,
      'old tokens presented': presented,
    },
  };
}
