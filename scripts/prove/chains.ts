// Clients that refresh all the time, each with its newest token, and log what they receive. They behave as careful clients
// do: they retry with the same token unless it was refused.
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { callFor, isGranted, refreshTokenIn, type ContractName } from '../../test/shared/refreshing.ts';
import { call, json, type WireAnswer } from '../../test/shared/wire.ts';
import { pick } from '../../test/shared/random.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import type { Issued, ServerProcess } from '../../test/shared/server-process.ts';
import { comesTrue } from '../../test/shared/wait.ts';
import type { Context } from './part.ts';

export { pause };

/** A client's session, and all that the client received. */
export interface Chain extends Pick<Issued, 'contract' | 'sessionId'> {
  /** All refresh tokens of the session, oldest first; the last one is current. */
  readonly tokens: string[];
  /** A revocation was requested, and may be committed. */
  isEnding: boolean;
  /** The revocation was confirmed: later requests must be refused. */
  isRevoked: boolean;
  refreshes: number;
}

export type Chains = ReturnType<typeof startChains>;

export interface ChainsOptions {
  /** The servers that run now; each request goes to one of them. */
  readonly origins: () => readonly string[];
  readonly issued: readonly Issued[];
  /** Milliseconds between two refreshes of one client. */
  readonly restMs?: number;
  /** Whether connections are kept; yes unless given. */
  readonly isKeptAlive?: boolean;
}

/** How long a client waits for a response, and how long it retries until it counts as locked out. */
const [timeoutMs, patienceMs] = [5_000, 300_000];

/** No grace period is longer, in whole seconds: a client that retries sooner is never too late. */
const longestGraceMs = 59_000;

const isSingleUse = (contract: ContractName): boolean => contract !== 'cloudreve' && contract !== 'kirjaswappi';

/** Starts the clients. They refresh until `end`, or until the part ends. */
export function startChains(context: Context, { origins, issued, restMs = 0, isKeptAlive = true }: ChainsOptions) {
  const { random, violate, violations } = context;
  const agent = new Agent({ keepAlive: isKeptAlive });
  /** `lost`: requests without a complete response; `late`: refused once the grace period may have ended. */
  const counts = { refreshes: 0, lost: 0, unavailable: 0, longestWaitMs: 0, late: 0 };
  const pending = new Map<Chain, number>();
  const all = issued.map(({ contract, sessionId, token }): Chain => ({
    ...{ contract, sessionId, tokens: [token] },
    ...{ isEnding: false, isRevoked: false, refreshes: 0 },
  }));
  let [isOver, isStopped] = [false, false];
  const over = Promise.withResolvers<undefined>();
  /** Resolves with `undefined` where no complete response arrives. */
  const send = (origin: string, contract: ContractName, token: string): Promise<WireAnswer | undefined> =>
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
        if (wasRevoked) violate(`${name}: granted after its revocation was confirmed`);
        counts.refreshes += 1;
        counts.longestWaitMs = Math.max(counts.longestWaitMs, performance.now() - since);
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
        // About as long as Retry-After asks for.
        await pause(500 + random() * 1_000);
      } else {
        const waited = performance.now() - since;
        // A refusal may overtake the confirmation of its revocation.
        for (let waits = 0; waits < 100 && !chain.isRevoked && !chain.isEnding; waits += 1) await pause(50);
        if (chain.isRevoked || chain.isEnding) return false;
        if (isSingleUse(contract) && waited >= longestGraceMs) counts.late += 1;
        else {
          const refusal = `${response.status} ${response.body.slice(0, 120)}`;
          violate(`${name}: locked out at generation ${tokens.length - 1} with ${refusal}`);
        }
        return false;
      }
      await pause(20 + random() * 80);
    }
    if (!isStopped) violate(`${name}: no response for ${patienceMs / 1000} s`);
    return false;
  };

  const running = all.map(async (chain) => {
    // Not all at the same moment.
    await pause(restMs * random());
    for (let continues = true; continues && !isOver;) {
      pending.set(chain, performance.now());
      continues = await refresh(chain, performance.now());
      pending.delete(chain);
      if (restMs > 0) await Promise.race([pause(restMs * (0.5 + random())), over.promise]);
    }
  });
  // Reported by the first caller that waits.
  const ended = Promise.all(running);
  ended.catch(() => undefined);

  /** Resolves when each client has its last response. */
  const end = async (): Promise<void> => {
    isOver = true;
    over.resolve(undefined);
    await ended;
  };
  return context.stopAtEnd({
    ...{ all, send, counts, violations, violate, end },
    /** Milliseconds that the client with the oldest pending refresh has waited. */
    longestPendingMs: () => performance.now() - Math.min(...pending.values(), performance.now()),
    stop: async () => {
      isStopped = true;
      agent.destroy();
      await end();
    },
  });
}

/** Revokes the session of one client. @returns how many revocations were confirmed */
export async function revokeOne({ admin }: ServerProcess, { all }: Chains, random: () => number): Promise<number> {
  const active = all.filter(({ isEnding }) => !isEnding);
  if (active.length < all.length / 2) return 0;
  const chain = pick(active, random);
  chain.isEnding = true;
  // A revocation with the response 503 may be committed all the same.
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

/** Resolves when every active client was granted so many more refreshes; a client that was not is a violation. */
export async function everyoneContinues({ all, violations, violate }: Chains, times = 1): Promise<void> {
  const before = new Map(all.map((chain) => [chain, chain.refreshes]));
  const stuck = () => all.filter((chain) => !chain.isEnding && chain.refreshes < (before.get(chain) ?? 0) + times);
  if (await comesTrue(90, () => stuck().length === 0 || violations.length > 0, 10)) return;
  for (const { contract, sessionId } of stuck()) violate(`${contract} ${sessionId}: does not continue`);
}

/** Ends the clients and checks that revoked and superseded tokens are refused and that no token has two successors. */
export async function checkChains(chains: Chains, ...origins: readonly string[]) {
  await chains.end();
  const { all, send, violate, counts } = chains;
  let presented = 0;
  for (const { contract, sessionId, tokens, isRevoked } of all) {
    // Two generations behind is reuse at any time, under a policy that detects reuse.
    const superseded = isSingleUse(contract) && tokens.length > 3 ? tokens.slice(-4, -3) : [];
    for (const token of isRevoked ? tokens.slice(-2) : superseded) {
      for (const origin of origins) {
        const response = await send(origin, contract, token);
        presented += 1;
        const isRefused = [401, 200].includes(response?.status ?? 0) && response?.body.includes('oken":"ey') === false;
        if (!isRefused) violate(`${contract} ${sessionId}: an ended or superseded token was not refused`);
      }
    }
    const byGeneration = Map.groupBy(new Set(tokens), (token) => claimsOf(token)['gen']);
    for (const [generation, same] of byGeneration) {
      if (same.length > 1) violate(`${contract} ${sessionId}: two tokens of generation ${String(generation)}`);
    }
  }
  return {
    cases: counts.refreshes + presented,
    figures: {
      chains: all.length,
      'responses lost': counts.lost,
      'responses of 503': counts.unavailable,
      'longest wait of a client': `${(counts.longestWaitMs / 1000).toFixed(1)} s`,
      'refused after the grace period': counts.late,
      'sessions revoked': all.filter(({ isRevoked }) => isRevoked).length,
      'old tokens presented': presented,
    },
  };
}
