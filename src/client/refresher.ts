// Gets the successor of tokens: one tab at a time, with the same token again after a lost response, until there is a
// successor or the contract's own refusal.
import type { SessionContract } from './contract.ts';
import type { Emit } from './events.ts';
import type { RunLocked } from './lock.ts';
import { runtime, sleep, withTimeout } from './runtime.ts';
import type { SharedTokens } from './shared-tokens.ts';
import { toStored, type StoredTokens } from './stored-tokens.ts';

export interface RefresherParts {
  readonly contract: SessionContract;
  readonly origin: string;
  readonly basePath: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds to wait for a response. */
  readonly answerTimeout: number;
  readonly shared: SharedTokens;
  readonly runLocked: RunLocked;
  readonly emit: Emit;
  readonly closing: AbortSignal;
}

/** Resolves with the successor of tokens, `undefined` if the session ended. Calls at the same time share one refresh. */
export type Refresh = (stale: StoredTokens) => Promise<StoredTokens | undefined>;

/** The tokens stored after a response; or, without one, its status, if any, and the milliseconds that it asks to wait. */
type Attempt =
  { readonly stored: StoredTokens | undefined } | { readonly status: number | undefined; readonly wait: number };

/** Milliseconds between two attempts. */
const shortest = 250;
const longest = 30_000;

export function createRefresher(parts: RefresherParts): Refresh {
  const running = new Map<string, ReturnType<Refresh>>();
  return (stale) => {
    // By token: a sign-in in the meantime has its own refresh.
    const token = stale.accessToken;
    const refreshing = running.get(token) ?? refreshUntilDone(parts, stale).finally(() => running.delete(token));
    running.set(token, refreshing);
    return refreshing;
  };
}

async function refreshUntilDone(parts: RefresherParts, stale: StoredTokens): Promise<StoredTokens | undefined> {
  const { shared, runLocked, emit, closing } = parts;
  const isStale = (stored: StoredTokens | undefined): stored is StoredTokens =>
    stored?.accessToken === stale.accessToken && !closing.aborted;
  for (let failures = 0; ; failures += 1) {
    const changed = shared.changed();
    const attempt = await runLocked<Attempt>(
      async (changing) => {
        // Read under the lock: another tab may have replaced the token.
        const sent = await shared.read();
        if (!isStale(sent)) return { stored: sent };
        changing();
        // The response is stored even if the session is closed meanwhile: the successor would be lost.
        return refreshOnce(parts, sent);
      },
      async () => isStale(await shared.read()),
    );
    if ('stored' in attempt) return attempt.stored;
    const isOffline = runtime.navigator?.onLine === false;
    const backoff = isOffline ? longest : Math.min(shortest * 2 ** failures, longest);
    const retryIn = Math.max(attempt.wait, backoff) * (1 + Math.random() / 4);
    emit('unavailable', { status: attempt.status, retryIn });
    // Being online again does not shorten a wait that the server asked for.
    await sleep(retryIn, [closing, changed, attempt.wait > 0 ? undefined : runtime]);
  }
}

/** Requests new tokens once and stores them. Never throws: each kind of failure has the same consequence. */
async function refreshOnce(parts: RefresherParts, sent: StoredTokens): Promise<Attempt> {
  const { contract, origin, basePath, answerTimeout, shared } = parts;
  const { refreshToken, began } = sent;
  const aborter = new AbortController();
  const { signal } = aborter;
  let response: Response | undefined;
  // A refresh token must not follow a redirect.
  const fetch: typeof globalThis.fetch = async (input, init) =>
    (response = await parts.fetch(input, { ...init, redirect: 'manual' }));
  try {
    const received = await withTimeout(contract.send(refreshToken, { origin, basePath, fetch, signal }), answerTimeout);
    const result = contract.read(received.response.status, received.body);
    if (result.kind !== 'unavailable') {
      const next =
        result.kind === 'granted'
          ? toStored({ ...result, refreshToken: result.refreshToken ?? refreshToken }, began)
          : undefined;
      return { stored: await shared.replace(sent, next) };
    }
  } catch {
    aborter.abort();
  }
  return { status: response?.status, wait: retryAfter(response) };
}

/**
 * Milliseconds to wait that a response asks for (RFC 9110 §10.2.3), at most five minutes; 0 or less if it asks for none.
 * A date is compared with the `Date` of the response, if any: the same clock wrote both.
 */
function retryAfter(response: Response | undefined): number {
  const value = response?.headers.get('retry-after') ?? '';
  const now = Date.parse(response?.headers.get('date') ?? '') || Date.now();
  const wait = Number(value) * 1_000 || Date.parse(value) - now;
  return Math.min(wait, 300_000) || 0;
}
