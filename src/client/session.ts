// A session that refreshes itself.
//
// - One refresh at a time, in all tabs: the others find its result.
// - A refresh whose response was lost is retried with the same token: the server repeats its response.
// - Only the contract's own refusal signs out. With a busy server, a proxy's page, no network or a wrong clock the session
//   waits and retries.
// - Only tokens that the contract brought are stored, and only in place of the tokens that were sent for them.
import type { SessionContract } from './contract.ts';
import { ignore, inTime, later, type Timer } from './environment.ts';
import { listening, SessionUnavailable, SignedOut, type On } from './events.ts';
import { exclusivelyBy } from './exclusively.ts';
import { keep } from './kept.ts';
import { renewalOf } from './renewal.ts';
import { sender, type AccessTokens } from './sending.ts';
import {
  isDue,
  memoryStorage,
  storedOf,
  unsaid,
  unshared,
  type GivenTokens,
  type SessionStorage,
  type Stored,
} from './stored.ts';

export type { SessionContract, Tokens } from './contract.ts';
export { SessionUnavailable, SignedOut, type SessionEvents } from './events.ts';
export { sessionMiddleware } from './sending.ts';
export { memoryStorage, type GivenTokens, type SessionStorage } from './stored.ts';

export interface SessionOptions {
  readonly contract: SessionContract;
  /** Of the server that refreshes, for example `https://tokens.example`. */
  readonly origin: string;
  /** Where the contract is mounted there; its own base path by default. */
  readonly basePath?: string | undefined;
  /**
   * The tokens of the sign-in. Without them, or where the storage holds the session that began with them (as after a
   * restart), the session is the stored one.
   */
  readonly tokens?: GivenTokens | undefined;
  /** Where all tabs find the session, for example `localStorage`; the memory of this session alone by default. */
  readonly storage?: SessionStorage | undefined;
  /** The name in the storage; the contract's name by default. In a server: a name of its own for each subject. */
  readonly name?: string | undefined;
  /**
   * Origins that get the access token, beside the server's own and the page's, for example `https://api.example`. The
   * session overwrites the `Authorization` of requests to them, and sends the token to no other origin.
   */
  readonly sendTo?: readonly string[] | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds to wait for the response to a refresh before a retry; 10,000 by default. */
  readonly answerTimeout?: number | undefined;
  /** Milliseconds that a call waits for a token or the storage before it throws `SessionUnavailable`; 30,000 by default. */
  readonly patience?: number | undefined;
}

export interface Session extends AccessTokens {
  /**
   * As `fetch`, with the access token for origins that get it, and one retry with a new token after a 401. To these it
   * sends a `Request`, which does not keep every option; calls to other origins are passed on unchanged.
   * @throws SignedOut or SessionUnavailable, beside what `fetch` throws
   */
  readonly fetch: typeof globalThis.fetch;
  /** @throws SessionUnavailable, as all of these do where the storage hangs or the session was closed */
  readonly isSignedIn: () => Promise<boolean>;
  /** Takes over the tokens of a new sign-in, for all tabs. @throws TypeError for what are no tokens */
  readonly signIn: (tokens: GivenTokens) => Promise<void>;
  /** Forgets the tokens, in all tabs. The server is not asked: these contracts have no operation for it. */
  readonly signOut: () => Promise<void>;
  /** @returns a function that removes the listener */
  readonly on: On;
  /** Ends pending calls and emits no more events; tokens stay stored, and a response in flight is still stored. */
  readonly close: () => void;
}

/**
 * Opens a session, which refreshes itself until it is closed.
 * @throws TypeError for `tokens` that are no tokens, or an `origin` or member of `sendTo` that is no origin
 */
export function createSession({
  contract,
  origin,
  basePath = contract.basePath,
  tokens,
  storage = memoryStorage(),
  name = contract.name,
  sendTo = [],
  fetch = (...call) => globalThis.fetch(...call),
  answerTimeout = 10_000,
  patience = 30_000,
}: SessionOptions): Session {
  const given = tokens && storedOf(tokens);
  const closer = new AbortController();
  const closing = closer.signal;
  const { on, emit } = listening(closing);
  const key = `refract:${name}`;
  const isShared = !unshared.has(storage);

  let timer: Timer | undefined;
  const kept = keep({
    ...{ key, isShared, storage, emit, closing },
    seen: (stored) => {
      clearTimeout(timer);
      if (stored === undefined) return;
      // At most what a timer can wait, and at least a second, for a server whose tokens are short-lived.
      const wait = Math.min(Math.max(1_000, stored.refreshAt - Date.now()), unsaid);
      timer = later(() => {
        good().catch(ignore);
      }, wait);
    },
  });
  const renewed = renewalOf({
    ...{ contract, origin, basePath, fetch, answerTimeout, kept, emit, closing },
    exclusively: isShared ? exclusivelyBy(key, storage) : (work) => work(ignore),
  });
  // Where that fails, the next call for a token throws.
  (given ? kept.store(given) : kept.look()).catch(ignore);

  const look = (): Promise<Stored | undefined> =>
    kept.look().catch((cause: unknown) => {
      throw new SessionUnavailable('storage failed', { cause });
    });
  const good = async (refused?: string): Promise<string> => {
    const stored = await look();
    const isGood = stored && stored.accessToken !== refused && stored.expiresAt > Date.now();
    const next = stored && !isGood ? await renewed(stored) : stored;
    // A request that was meant for one session is not sent for another that was signed in meanwhile.
    if (!next || next.began !== stored?.began) throw new SignedOut('signed-out');
    // In the background, while the present token is still valid.
    if (isGood && isDue(next)) renewed(next).catch(ignore);
    return next.accessToken;
  };
  /** A storage may hang, as a server may. */
  const inPatience = <Value>(coming: Promise<Value>, signal?: AbortSignal): Promise<Value> =>
    inTime(coming, patience, [closing, signal]);
  const both = {
    accessToken: (signal?: AbortSignal) => inPatience(good(), signal),
    accessTokenAfter: (refused: string, signal?: AbortSignal) => inPatience(good(refused), signal),
  };

  return {
    ...both,
    fetch: sender(both, fetch, [origin, ...sendTo]),
    isSignedIn: () => inPatience(look().then(Boolean)),
    signIn: async (tokens) => inPatience(kept.store(storedOf(tokens))),
    signOut: () => inPatience(kept.store(undefined)),
    on,
    close: () => {
      closer.abort(new SessionUnavailable('closed'));
      clearTimeout(timer);
    },
  };
}
