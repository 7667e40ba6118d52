// A session that refreshes itself.
//
// - One refresh at a time, in all tabs: the others find what it brought.
// - A lost answer is asked for again with the same token: the server repeats it.
// - Only the contract's own refusal signs out. A busy server, a proxy's page, no network, a clock that is wrong: the
//   session waits, and goes on.
// - What is stored is what a whole answer of the contract brought, and only in place of what was sent for it.
import type { SessionContract } from './contract.ts';
import { ignore } from './environment.ts';
import { listening, SessionUnavailable, SignedOut, type On } from './events.ts';
import { exclusivelyBy } from './exclusively.ts';
import { keep } from './kept.ts';
import { inTime, later, type Timer } from './pause.ts';
import { renewalOf } from './renewal.ts';
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
import { sender } from './sending.ts';

export { SessionUnavailable, SignedOut, type SessionEvents } from './events.ts';
export { memoryStorage, type GivenTokens, type SessionStorage } from './stored.ts';
export type { SessionContract, Tokens } from './contract.ts';

export interface SessionOptions {
  readonly contract: SessionContract;
  /** Of the server that refreshes, for example `https://tokens.example`. */
  readonly origin: string;
  /** Where the contract is mounted there, if not at its own base path. */
  readonly basePath?: string | undefined;
  /**
   * What sign-in gave. Left out, the session is the one that the storage holds, if any; so it is where the storage holds the
   * one that began with these tokens, as it does after a restart.
   */
  readonly tokens?: GivenTokens | undefined;
  /** Where all tabs find the session, for example `localStorage`. The memory of this session alone where left out. */
  readonly storage?: SessionStorage | undefined;
  /** What is stored is stored under this name; the contract's name where left out. In a server: one of its own for each subject. */
  readonly name?: string | undefined;
  /**
   * Origins that get the access token, beside the server's own and the page's, for example `https://api.example`. Nobody
   * else ever does; what a request to them has in `Authorization` is overwritten.
   */
  readonly sendTo?: readonly string[] | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds that an answer to a refresh is waited for, before it is asked for again; 10,000 where left out. */
  readonly answerTimeout?: number | undefined;
  /** Milliseconds that a call waits, for a token as for the storage, before it fails with `SessionUnavailable`; 30,000. */
  readonly patience?: number | undefined;
}

export interface Session {
  /** A good access token, new if need be. @throws SignedOut or SessionUnavailable */
  readonly accessToken: (signal?: AbortSignal) => Promise<string>;
  /** Another access token than this one, which an API has refused. @throws SignedOut or SessionUnavailable */
  readonly accessTokenAfter: (refused: string, signal?: AbortSignal) => Promise<string>;
  /**
   * As `fetch`, with the access token for origins that get it; once more with a new one where the answer is 401. To these it
   * sends a `Request`, which does not keep every option; to others the call goes on as it is.
   * @throws SignedOut or SessionUnavailable, beside what `fetch` throws
   */
  readonly fetch: typeof globalThis.fetch;
  /** @throws SessionUnavailable, as all of these do where the storage hangs or the session was closed */
  readonly isSignedIn: () => Promise<boolean>;
  /** Takes over the tokens of a new sign-in, for all tabs. @throws TypeError for what are no tokens */
  readonly signIn: (tokens: GivenTokens) => Promise<void>;
  /** Forgets the tokens, in all tabs. The server is told nothing: these contracts have no operation for it. */
  readonly signOut: () => Promise<void>;
  /** @returns what stops it */
  readonly on: On;
  /** Ends what is waited for and tells nothing any more; tokens stay stored, and an answer under way is stored still. */
  readonly close: () => void;
}

/**
 * Opens a session, which keeps itself fresh until it is closed.
 * @throws TypeError for `tokens` that are none, or an `origin` or one of `sendTo` that is none
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
      // No longer than timers can be, and no sooner than a server that gives short-lived tokens can bear.
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
  // Where that fails, whoever asks for a token is told.
  (given ? kept.store(given) : kept.look()).catch(ignore);

  const look = (): Promise<Stored | undefined> =>
    kept.look().catch((cause: unknown) => {
      throw new SessionUnavailable('storage failed', { cause });
    });
  const good = async (refused?: string): Promise<string> => {
    const stored = await look();
    const isGood = stored && stored.accessToken !== refused && stored.expiresAt > Date.now();
    const next = stored && !isGood ? await renewed(stored) : stored;
    // What was meant for one session is not sent for another that was signed in meanwhile, maybe by somebody else.
    if (!next || next.began !== stored?.began) throw new SignedOut('signed-out');
    // Beside, while the present one is still good.
    if (isGood && isDue(next)) renewed(next).catch(ignore);
    return next.accessToken;
  };
  /** A storage may hang as well as a server. */
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
