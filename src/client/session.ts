// A session that refreshes itself.
//
// - One refresh at a time, in all tabs: the others find what it brought.
// - A lost answer is asked for again with the same token: the server repeats it.
// - Only the contract's own refusal signs out. A busy server, a proxy's page, no network, a clock that is wrong: the
//   session waits, and goes on.
// - What is stored is what a whole answer of the contract brought, and only in place of what was sent for it.
import type { SessionContract } from './contract.ts';
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
  readonly basePath?: string;
  /** What sign-in gave. Left out, the session is the one that the storage holds, if any. */
  readonly tokens?: GivenTokens;
  /** Where all tabs find the session, for example `localStorage`. The memory of this session alone where left out. */
  readonly storage?: SessionStorage;
  /** What is stored is stored under this name; the contract's name where left out. */
  readonly name?: string;
  /** Origins that get the access token, beside the server's own and the page's. Nobody else ever does. */
  readonly sendTo?: readonly string[];
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds that an answer to a refresh is waited for, before it is asked for again; 10,000 where left out. */
  readonly answerTimeout?: number;
  /** Milliseconds that a request waits for a good access token before it fails with `SessionUnavailable`; 30,000. */
  readonly patience?: number;
}

export interface Session {
  /** A good access token, new if need be. @throws SignedOut or SessionUnavailable */
  readonly accessToken: (signal?: AbortSignal) => Promise<string>;
  /** Another access token than this one, which an API has refused. @throws SignedOut or SessionUnavailable */
  readonly accessTokenAfter: (refused: string, signal?: AbortSignal) => Promise<string>;
  /**
   * As `fetch`, with the access token for origins that get it; once more with a new one where the answer is 401.
   * @throws SignedOut or SessionUnavailable, beside what `fetch` throws
   */
  readonly fetch: typeof globalThis.fetch;
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
 * @throws TypeError for `tokens` that are none, or an `origin` that is none
 */
export function createSession(options: SessionOptions): Session {
  const { contract, origin, storage = memoryStorage(), name = contract.name } = options;
  const { answerTimeout = 10_000, patience = 30_000, sendTo = [] } = options;
  const fetch: typeof globalThis.fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
  const given = options.tokens && storedOf(options.tokens);
  const closer = new AbortController();
  const closing = closer.signal;
  const { on, emit } = listening(closing);
  const key = `refract:${name}`;
  const isShared = options.storage !== undefined;

  let timer: Timer | undefined;
  const kept = keep({
    ...{ key, isShared, storage, emit, closing },
    seen: (stored) => {
      clearTimeout(timer);
      if (stored === undefined) return;
      // No longer than timers can be, and no sooner than a server that gives short-lived tokens can bear.
      const wait = Math.min(Math.max(1_000, stored.refreshAt - Date.now()), unsaid);
      timer = later(() => {
        good(() => true).catch(ignore);
      }, wait);
    },
  });
  const renewed = renewalOf({
    ...{ contract, origin, fetch, answerTimeout, kept, emit, closing },
    basePath: options.basePath ?? contract.basePath,
    exclusively: isShared ? exclusivelyBy(key, storage) : (work) => work(ignore),
  });
  // Where that fails, whoever asks for a token is told.
  const ready = (given === undefined ? kept.look() : kept.store(given)).catch(ignore);

  const good = async (isGood: (stored: Stored) => boolean, signal?: AbortSignal): Promise<string> => {
    await ready;
    const stored = await kept.look().catch((cause: unknown) => {
      throw new SessionUnavailable('storage failed', { cause });
    });
    if (closing.aborted) throw new SessionUnavailable('closed');
    if (stored === undefined) throw new SignedOut('signed out');
    if (isGood(stored)) {
      // Beside, while the present one is still good.
      if (isDue(stored)) renewed(stored).catch(ignore);
      return stored.accessToken;
    }
    const next = await inTime(renewed(stored), patience, [closing, signal]);
    if (next === undefined) throw new SignedOut('signed out');
    return next.accessToken;
  };
  const accessToken: Session['accessToken'] = (signal) => good(({ expiresAt }) => expiresAt > Date.now(), signal);
  const accessTokenAfter: Session['accessTokenAfter'] = (refused, signal) =>
    good((stored) => stored.accessToken !== refused, signal);

  return {
    accessToken,
    accessTokenAfter,
    fetch: sender({ accessToken, accessTokenAfter, fetch, trusted: [origin, ...sendTo] }),
    isSignedIn: async () => {
      await ready;
      return (await kept.look()) !== undefined;
    },
    signIn: async (tokens) => {
      const stored = storedOf(tokens);
      await ready;
      await kept.store(stored);
    },
    signOut: async () => {
      await ready;
      await kept.store(undefined);
    },
    on,
    close: () => {
      closer.abort(new SessionUnavailable('closed'));
      clearTimeout(timer);
    },
  };
}

function ignore(): undefined {
  return undefined;
}
