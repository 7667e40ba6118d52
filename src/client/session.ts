// A session that refreshes itself.
//
// - One tab at a time refreshes; the others find its result.
// - A refresh whose response was lost is retried with the same token: the server repeats its response.
// - Only the contract's own refusal signs out. After any other response or failure the session waits and retries.
// - A response is stored only in place of the tokens that were sent for it.
import type { SessionContract } from './contract.ts';
import { createFetch, type AccessTokens } from './authorized-fetch.ts';
import { createEvents, SessionUnavailable, SignedOut, type On } from './events.ts';
import { createLock } from './lock.ts';
import { createRefresher } from './refresher.ts';
import { ignore, startTimer, withTimeout, type Timer } from './runtime.ts';
import { shareTokens } from './shared-tokens.ts';
import {
  isDue,
  longestTimer,
  memoryStorage,
  toStored,
  unshared,
  type GivenTokens,
  type SessionStorage,
  type StoredTokens,
} from './stored-tokens.ts';

export type { SessionContract, Tokens } from './contract.ts';
export { SessionUnavailable, SignedOut, type SessionEvents } from './events.ts';
export { sessionMiddleware } from './authorized-fetch.ts';
export { memoryStorage, type GivenTokens, type SessionStorage } from './stored-tokens.ts';

export interface SessionOptions {
  readonly contract: SessionContract;
  /** Of the server that refreshes, for example `https://tokens.example`. */
  readonly origin: string;
  /** Where the contract is mounted there; its own base path by default. */
  readonly basePath?: string | undefined;
  /**
   * The tokens of the sign-in. Without them, or if the storage already has the session that began with them (as after a
   * restart), the stored session continues.
   */
  readonly tokens?: GivenTokens | undefined;
  /** Where all tabs find the session, for example `localStorage`; by default the memory of this session. */
  readonly storage?: SessionStorage | undefined;
  /** The name in the storage; by default the contract's name. A server needs a different name for each subject. */
  readonly name?: string | undefined;
  /**
   * Origins that get the access token, besides the server's own and the page's, for example `https://api.example`. The
   * session overwrites the `Authorization` header of requests to them, and sends the token to no other origin.
   */
  readonly sendTo?: readonly string[] | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds to wait for the response to a refresh before a retry; by default 10,000. */
  readonly answerTimeout?: number | undefined;
  /** Milliseconds that a call waits for a token or the storage before it throws `SessionUnavailable`; by default 30,000. */
  readonly patience?: number | undefined;
}

export interface Session extends AccessTokens {
  /**
   * Like `fetch`, with the access token for origins that get it, and one retry with a new token after a 401. Requests to
   * them lose options that `Request` does not support; requests to other origins are sent unchanged.
   * @throws SignedOut or SessionUnavailable, besides the errors of `fetch`
   */
  readonly fetch: typeof globalThis.fetch;
  /** @throws SessionUnavailable, as all of these do if the storage hangs or the session was closed */
  readonly isSignedIn: () => Promise<boolean>;
  /** Stores the tokens of a new sign-in, for all tabs. @throws TypeError for invalid tokens */
  readonly signIn: (tokens: GivenTokens) => Promise<void>;
  /** Removes the tokens, in all tabs. It sends no request: these contracts have no operation for it. */
  readonly signOut: () => Promise<void>;
  /** @returns a function that removes the listener */
  readonly on: On;
  /** Ends pending calls and all events; tokens stay stored, and a response in flight will be stored. */
  readonly close: () => void;
}

/**
 * Opens a session, which refreshes itself until it is closed.
 * @throws TypeError for invalid `tokens`, or an invalid origin in `origin` or `sendTo`
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
  const given = tokens && toStored(tokens);
  const closer = new AbortController();
  const closing = closer.signal;
  const { on, emit } = createEvents(closing);
  const key = `refract:${name}`;
  const isShared = !unshared.has(storage);

  let timer: Timer | undefined;
  const shared = shareTokens({
    ...{ key, isShared, storage, emit, closing },
    onRead: (stored) => {
      clearTimeout(timer);
      if (!stored) return;
      // At least a second, for a server whose tokens are short-lived.
      const wait = Math.min(Math.max(1_000, stored.refreshAt - Date.now()), longestTimer);
      timer = startTimer(() => void validToken().catch(ignore), wait);
    },
  });
  const refresh = createRefresher({
    ...{ contract, origin, basePath, fetch, answerTimeout, shared, emit, closing },
    runLocked: isShared ? createLock(key, storage) : (work) => work(ignore),
  });
  // If that fails, the next call for a token throws.
  (given ? shared.store(given) : shared.read()).catch(ignore);

  const read = (): Promise<StoredTokens | undefined> =>
    shared.read().catch((cause: unknown) => {
      throw new SessionUnavailable('storage failed', { cause });
    });
  const validToken = async (refused?: string): Promise<string> => {
    const stored = await read();
    const isValid = stored && stored.accessToken !== refused && stored.expiresAt > Date.now();
    const next = stored && !isValid ? await refresh(stored) : stored;
    // A request for one session must not use another one that was signed in meanwhile.
    if (!next || next.began !== stored?.began) throw new SignedOut('signed-out');
    // In the background, while the present token is valid.
    if (isValid && isDue(next)) refresh(next).catch(ignore);
    return next.accessToken;
  };
  /** A storage may hang, as a server may. */
  const limit = <Value>(pending: Promise<Value>, signal?: AbortSignal): Promise<Value> =>
    withTimeout(pending, patience, [closing, signal]);
  const accessTokens: AccessTokens = {
    accessToken: (signal) => limit(validToken(), signal),
    accessTokenAfter: (refused, signal) => limit(validToken(refused), signal),
  };

  return {
    ...accessTokens,
    fetch: createFetch(accessTokens, fetch, [origin, ...sendTo]),
    isSignedIn: () => limit(read().then(Boolean)),
    signIn: async (tokens) => limit(shared.store(toStored(tokens))),
    signOut: () => limit(shared.store(undefined)),
    on,
    close: () => {
      closer.abort(new SessionUnavailable('closed'));
      clearTimeout(timer);
    },
  };
}
