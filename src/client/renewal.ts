// Gets the successor of tokens: one tab at a time, with the same token again where a response was lost, until there is a
// successor or the contract's own refusal.
import type { SessionContract } from './contract.ts';
import { environment, inTime, pause } from './environment.ts';
import type { Emit } from './events.ts';
import type { Exclusively } from './exclusively.ts';
import type { Kept } from './kept.ts';
import { storedOf, type Stored } from './stored.ts';

export interface RenewalParts {
  readonly contract: SessionContract;
  readonly origin: string;
  readonly basePath: string;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds. */
  readonly answerTimeout: number;
  readonly kept: Kept;
  readonly exclusively: Exclusively;
  readonly emit: Emit;
  readonly closing: AbortSignal;
}

/** The tokens after these, `undefined` where the session has ended. Calls at the same time share one refresh. */
export type Renewal = (stale: Stored) => Promise<Stored | undefined>;

/** What is stored then; or, without a response to store, its status, if any, and the milliseconds that it asks to wait. */
type Attempt = { readonly stored: Stored | undefined } | { readonly status: number | undefined; readonly wait: number };

/** Milliseconds between two attempts. */
const shortest = 250;
const longest = 30_000;

export function renewalOf(parts: RenewalParts): Renewal {
  const running = new Map<string, ReturnType<Renewal>>();
  return (stale) => {
    // Tokens that were signed in meanwhile have a renewal of their own.
    const of = stale.accessToken;
    const renewed = running.get(of) ?? renew(parts, stale).finally(() => running.delete(of));
    running.set(of, renewed);
    return renewed;
  };
}

async function renew(parts: RenewalParts, stale: Stored): Promise<Stored | undefined> {
  const { kept, exclusively, emit, closing } = parts;
  const isStale = (found: Stored | undefined): found is Stored =>
    found?.accessToken === stale.accessToken && !closing.aborted;
  for (let failures = 0; ; failures += 1) {
    const changed = kept.changed();
    const attempt = await exclusively<Attempt>(
      async (changing) => {
        // Read just before it is sent, so that a token which another tab has replaced is not sent.
        const sent = await kept.look();
        if (!isStale(sent)) return { stored: sent };
        changing();
        // The response is stored even for a session that is closed meanwhile: its successor would be lost.
        return refresh(parts, sent);
      },
      async () => isStale(await kept.look()),
    );
    if ('stored' in attempt) return attempt.stored;
    const isOffline = environment.navigator?.onLine === false;
    const backoff = isOffline ? longest : Math.min(shortest * 2 ** failures, longest);
    const retryIn = Math.max(attempt.wait, backoff) * (1 + Math.random() / 4);
    emit('unavailable', { status: attempt.status, retryIn });
    // Being online again does not shorten a wait that the server asked for.
    await pause(retryIn, [closing, changed, attempt.wait > 0 ? undefined : environment]);
  }
}

/** Asks the server once for new tokens and stores them. Never throws: each kind of failure means the same here. */
async function refresh(parts: RenewalParts, sent: Stored): Promise<Attempt> {
  const { contract, origin, basePath, answerTimeout, kept } = parts;
  const { refreshToken, began } = sent;
  const asking = new AbortController();
  const { signal } = asking;
  let response: Response | undefined;
  // A refresh token must not follow a redirect.
  const fetch: typeof globalThis.fetch = async (input, init) =>
    (response = await parts.fetch(input, { ...init, redirect: 'manual' }));
  try {
    const came = await inTime(contract.send(refreshToken, { origin, basePath, fetch, signal }), answerTimeout);
    const answer = contract.read(came.response.status, came.body);
    if (answer.kind !== 'unavailable') {
      const next =
        answer.kind === 'granted'
          ? storedOf({ ...answer, refreshToken: answer.refreshToken ?? refreshToken }, began)
          : undefined;
      return { stored: await kept.replace(sent, next) };
    }
  } catch {
    asking.abort();
  }
  return { status: response?.status, wait: retryAfter(response) };
}

/**
 * Milliseconds to wait that a response asks for (RFC 9110 §10.2.3), at most five minutes; 0 or less where it asks for none.
 * A date is compared with the `Date` of the response, if any: the clock that wrote it.
 */
function retryAfter(response: Response | undefined): number {
  const asked = response?.headers.get('retry-after') ?? '';
  const now = Date.parse(response?.headers.get('date') ?? '') || Date.now();
  const wait = Number(asked) * 1_000 || Date.parse(asked) - now;
  return Math.min(wait, 300_000) || 0;
}
