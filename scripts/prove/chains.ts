// Clients that refresh on and on, each with the token it was given last, and a log of their own of what they saw. They do
// what a careful client does: whatever is no refusal is tried again with the same token.
import { Agent, request } from 'node:http';
import { accessTokenIn, callFor, isGranted, refreshTokenIn, type ContractName } from '../../test/shared/refreshing.ts';
import type { WireAnswer } from '../../test/shared/wire.ts';
import { pick } from './part.ts';

/** A client's session, and everything it has seen. */
export interface Chain {
  readonly contract: ContractName;
  readonly sessionId: string;
  /** All refresh tokens it was given, oldest first; the last one is the present one. */
  readonly tokens: string[];
  /** Somebody has asked to end it, and may have been heard. */
  isEnding: boolean;
  /** When it was told that it was ended, by whoever ended it; what is sent after that must be refused. */
  revoked: boolean;
  refreshes: number;
}

type Answer = Pick<WireAnswer, 'status' | 'body'>;

export interface Chains {
  readonly all: readonly Chain[];
  /** Sends a token and says what came back; `undefined` where nothing did. */
  readonly send: (origin: string, contract: ContractName, token: string) => Promise<Answer | undefined>;
  /** Refreshes all of them on and on until `isOver`, and resolves when each has its last answer. */
  readonly run: (isOver: () => boolean) => Promise<void>;
  readonly figures: () => {
    readonly refreshes: number;
    readonly lost: number;
    readonly unavailable: number;
    /** Milliseconds that a client had to go on trying at most. */
    readonly longestWait: number;
    /** Clients that were heard only when the grace period could be over, and were refused. */
    readonly late: number;
  };
  /** Milliseconds that the one has been asking who has been so the longest. */
  readonly asking: () => number;
  /** What must never have happened. */
  readonly violations: string[];
  readonly close: () => void;
}

export interface ChainsOptions {
  /** Where servers are at the moment; one is chosen for each request. */
  readonly origins: () => readonly string[];
  readonly chains: readonly (Pick<Chain, 'contract' | 'sessionId'> & { readonly token: string })[];
  readonly random: () => number;
  /** Milliseconds that a client waits for an answer. */
  readonly answerTimeout?: number;
  /** Milliseconds that a client goes on trying before it counts as locked out. */
  readonly patience?: number;
  /** Milliseconds between two refreshes of one client. */
  readonly rest?: number;
}

/** Milliseconds: no grace period is longer, and seconds are whole. Of whoever asks again sooner, none is too late. */
const graceable = 59_000;

export function createChains(options: ChainsOptions): Chains {
  const { origins, random, answerTimeout = 5_000, patience = 300_000, rest = 0 } = options;
  const agent = new Agent({ keepAlive: true });
  const violations: string[] = [];
  const counts = { refreshes: 0, lost: 0, unavailable: 0, longestWait: 0, late: 0 };
  const begun = new Map<Chain, number>();
  const all = options.chains.map(({ contract, sessionId, token }): Chain => ({
    contract,
    sessionId,
    tokens: [token],
    isEnding: false,
    revoked: false,
    refreshes: 0,
  }));
  const exchange: Chains['send'] = (origin, contract, token) => sendOver(agent, origin, contract, token, answerTimeout);

  /** One refresh, tried again until it is answered. @returns whether the chain goes on */
  const refresh = async (chain: Chain, isOver: () => boolean): Promise<boolean> => {
    const { contract, tokens } = chain;
    const presented = tokens.at(-1) ?? '';
    const since = performance.now();
    const until = since + patience;
    while (performance.now() < until) {
      const known = origins();
      const wasRevoked = chain.revoked;
      const answer = known.length === 0 ? undefined : await exchange(pick(known, random), contract, presented);
      if (answer !== undefined && isGranted(contract, { ...answer, headers: {} })) {
        if (wasRevoked) violations.push(`${contract} ${chain.sessionId}: granted after its revocation was confirmed`);
        counts.refreshes += 1;
        counts.longestWait = Math.max(counts.longestWait, performance.now() - since);
        chain.refreshes += 1;
        const body: unknown = JSON.parse(answer.body);
        if (contract === 'kirjaswappi') accessTokenIn(contract, body);
        else tokens.push(refreshTokenIn(contract, body));
        return true;
      }
      if (known.length === 0) {
        if (isOver()) return false;
      } else if (answer === undefined) counts.lost += 1;
      else if (answer.status === 503 || answer.status === 429) {
        counts.unavailable += 1;
        // About as long as Retry-After says.
        await pause(500 + random() * 1_000);
      } else {
        const waited = performance.now() - since;
        // A refusal may overtake the word of the revocation that it is for.
        for (let waits = 0; waits < 100 && !chain.revoked && !chain.isEnding; waits += 1) await pause(50);
        const isSingleUse = contract !== 'cloudreve' && contract !== 'kirjaswappi';
        if (chain.revoked || chain.isEnding) return false;
        if (isSingleUse && waited >= graceable) counts.late += 1;
        else {
          violations.push(
            `${contract} ${chain.sessionId}: locked out at generation ${String(tokens.length - 1)} with ${String(answer.status)} ${answer.body.slice(0, 120)}`,
          );
        }
        return false;
      }
      await pause(20 + random() * 80);
    }
    violations.push(`${contract} ${chain.sessionId}: no answer for ${String(patience / 1000)} s`);
    return false;
  };

  const refreshOnce = async (chain: Chain, isOver: () => boolean): Promise<boolean> => {
    begun.set(chain, performance.now());
    try {
      return await refresh(chain, isOver);
    } finally {
      begun.delete(chain);
    }
  };

  return {
    all,
    send: exchange,
    run: async (isOver) => {
      await Promise.all(
        all.map(async (chain) => {
          // Not all of them at the same moment.
          await pause(rest * random());
          while (!isOver() && (await refreshOnce(chain, isOver))) if (rest > 0) await pause(rest * (0.5 + random()));
        }),
      );
    },
    figures: () => ({ ...counts }),
    asking: () => performance.now() - Math.min(...begun.values(), performance.now()),
    violations,
    close: () => agent.destroy(),
  };
}

function sendOver(
  agent: Agent,
  origin: string,
  contract: ContractName,
  token: string,
  timeout: number,
): Promise<Answer | undefined> {
  const { method, path, headers = {}, body } = callFor(contract, token);
  return new Promise((resolve) => {
    const sent = request(origin + path, { method, headers, agent, timeout }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      // Half an answer is none.
      response.on('close', () => {
        if (!response.complete) resolve(undefined);
        else {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: text });
        }
      });
      response.on('error', () => resolve(undefined));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end(body);
  });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
