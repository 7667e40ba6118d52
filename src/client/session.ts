// A session that refreshes itself.
//
// - One refresh at a time, in all tabs: the others find what it brought.
// - A lost answer is asked for again with the same token: the server repeats it.
// - Only the contract's own refusal signs out. A busy server, a proxy's page, no network, a clock that is wrong: the
//   session waits, and goes on.
// - What is stored is what a whole answer of the contract brought, and only in place of what was sent for it.
import type { SessionContract } from './contract.ts';
import { exclusivelyBy } from './exclusively.ts';
import { online, pause, retryAfter } from './pause.ts';
import { memoryStorage, parseStored, storedOf, type GivenTokens, type SessionStorage, type Stored } from './stored.ts';
import { tabsOf } from './tabs.ts';

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
  /** The program's memory where left out. */
  readonly storage?: SessionStorage;
  /** Tabs with the same name share a session; the contract's name where left out. */
  readonly name?: string;
  /** Origins that get the access token, beside the server's own and the page's. Nobody else ever does. */
  readonly sendTo?: readonly string[];
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds that an answer to a refresh is waited for, before it is asked for again; 10,000 where left out. */
  readonly answerTimeout?: number;
  /** Milliseconds that a request waits for a good access token before it fails with `SessionUnavailable`; 30,000. */
  readonly patience?: number;
}

export interface SessionEvents {
  /** New tokens are there, by a refresh of this tab or of another. */
  readonly refreshed: { readonly by: 'this' | 'another' };
  /** It is over: refused by the server, asked for here, or seen to in another tab. */
  readonly 'signed-out': { readonly reason: 'refused' | 'requested' | 'elsewhere' };
  /** A refresh was not answered, or not with an answer of the contract; it is tried again. */
  readonly unavailable: { readonly status: number | undefined; readonly retryIn: number };
}

export interface Session {
  /** A good access token, new if need be. @throws SignedOut or SessionUnavailable */
  readonly accessToken: () => Promise<string>;
  /** Another access token than this one, which an API has refused. @throws SignedOut or SessionUnavailable */
  readonly accessTokenAfter: (refused: string) => Promise<string>;
  /** As `fetch`, with the access token for origins that get it; once more with a new one where the answer is 401. */
  readonly fetch: typeof globalThis.fetch;
  readonly isSignedIn: () => Promise<boolean>;
  /** Takes over the tokens of a new sign-in, for all tabs. */
  readonly signIn: (tokens: GivenTokens) => Promise<void>;
  /** Forgets the tokens, in all tabs. The server is told nothing: these contracts have no operation for it. */
  readonly signOut: () => Promise<void>;
  /** @returns what stops it */
  readonly on: <Type extends keyof SessionEvents>(
    type: Type,
    listener: (event: SessionEvents[Type]) => void,
  ) => () => void;
  /** Stops everything that is under way; tokens stay stored. */
  readonly close: () => void;
}

/** There is no session, or it is over: the subject has to sign in. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

/** No good access token could be had in time; the session goes on. */
export class SessionUnavailable extends Error {
  override readonly name = 'SessionUnavailable';
}

/** Opens a session, which keeps itself fresh until it is closed. */
export function createSession(options: SessionOptions): Session {
  const { contract, origin, basePath = contract.basePath, storage = memoryStorage() } = options;
  const { answerTimeout = 10_000, patience = 30_000 } = options;
  const plainFetch: typeof globalThis.fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
  const key = `refract:${options.name ?? contract.name}`;
  const exclusively = exclusivelyBy(key, storage);
  const closing = new AbortController();
  const listeners: { [Type in keyof SessionEvents]: Set<(event: SessionEvents[Type]) => void> } = {
    refreshed: new Set(),
    'signed-out': new Set(),
    unavailable: new Set(),
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let renewing: Promise<Stored | undefined> | undefined;
  /** The access token that this tab knew last; `undefined` once it knows of none. */
  let known: string | undefined;

  const emit = <Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]): void => {
    for (const listener of [...listeners[type]]) listener(event);
  };
  const read = async (): Promise<Stored | undefined> => parseStored(await storage.getItem(key));

  /** Takes note of what is stored now, and says so where this tab did not know. */
  const notice = (
    stored: Stored | undefined,
    by: 'this' | 'another',
    reason: SessionEvents['signed-out']['reason'],
  ): void => {
    const before = known;
    known = stored?.accessToken;
    clearTimeout(timer);
    if (closing.signal.aborted) return;
    if (stored === undefined) {
      if (before !== undefined) emit('signed-out', { reason });
      return;
    }
    if (before !== undefined && before !== known) emit('refreshed', { by });
    // No longer than timers can be; it is looked at again then.
    const wait = Math.min(Math.max(0, stored.refreshAt - Date.now()), 2 ** 31 - 1);
    timer = setTimeout(() => void ready.then(read).then(renewWhereDue, () => undefined), wait);
    // A program that has nothing else to do may end.
    if (typeof timer === 'object') timer.unref?.();
  };
  const renewWhereDue = (stored: Stored | undefined): void => {
    if (stored === undefined || stored.refreshAt > Date.now()) notice(stored, 'another', 'elsewhere');
    else void renewed(stored);
  };
  const tabs = tabsOf(key, () => void read().then((stored) => notice(stored, 'another', 'elsewhere')));

  const store = async (stored: Stored | undefined, reason: SessionEvents['signed-out']['reason']): Promise<void> => {
    await (stored === undefined ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(stored)));
    notice(stored, 'this', reason);
    tabs.tell();
  };

  /** The tokens after these; all that ask meanwhile get the same. `undefined` where the session is over. */
  const renewed = (stale: Stored): Promise<Stored | undefined> =>
    (renewing ??= renew(stale).finally(() => {
      renewing = undefined;
    }));

  const renew = async (stale: Stored): Promise<Stored | undefined> => {
    for (let failures = 0; ; failures += 1) {
      await online(closing.signal);
      const outcome = await exclusively(() => attempt(stale));
      if (!('wait' in outcome)) return outcome.stored;
      const backoff = Math.min(250 * 2 ** failures, 30_000);
      const retryIn = Math.max(outcome.wait, backoff) * (1 + Math.random() / 4);
      emit('unavailable', { status: outcome.status, retryIn });
      await pause(retryIn, closing.signal);
      if (closing.signal.aborted) throw new SessionUnavailable('the session was closed');
    }
  };

  type Attempt =
    { readonly stored: Stored | undefined } | { readonly wait: number; readonly status: number | undefined };

  const attempt = async (stale: Stored): Promise<Attempt> => {
    const sent = await read();
    // Another tab was faster, or has signed out or in.
    if (sent?.accessToken !== stale.accessToken) {
      notice(sent, 'another', 'elsewhere');
      return { stored: sent };
    }
    const { answer, response } = await ask(sent.refreshToken);
    if (answer.kind === 'unavailable') return { wait: retryAfter(response), status: response?.status };
    const now = await read();
    // What was signed out or in meanwhile stays so.
    if (now?.refreshToken !== sent.refreshToken || now.accessToken !== sent.accessToken) return { stored: now };
    const next =
      answer.kind === 'granted'
        ? storedOf({ ...answer, refreshToken: answer.refreshToken ?? sent.refreshToken })
        : undefined;
    await store(next, 'refused');
    return { stored: next };
  };

  const ask = async (refreshToken: string) => {
    const asking = new AbortController();
    const abort = (): void => asking.abort();
    closing.signal.addEventListener('abort', abort);
    const late = setTimeout(abort, answerTimeout);
    try {
      const sending = { origin, basePath, fetch: plainFetch, signal: asking.signal };
      const { response, body } = await contract.send(refreshToken, sending);
      return { answer: contract.read(response.status, body), response };
    } catch {
      // No answer, half of one, or none that can be read.
      return { answer: { kind: 'unavailable' } as const, response: undefined };
    } finally {
      clearTimeout(late);
      closing.signal.removeEventListener('abort', abort);
    }
  };

  const accessTokenWhere = async (isGood: (stored: Stored) => boolean): Promise<string> => {
    await ready;
    const stored = await read();
    if (stored === undefined) {
      notice(stored, 'another', 'elsewhere');
      throw new SignedOut('there is no session');
    }
    if (isGood(stored)) {
      // Beside, while the present one is still good.
      if (stored.refreshAt <= Date.now()) renewed(stored).catch(() => undefined);
      return stored.accessToken;
    }
    const waiting = new AbortController();
    const tooLate = pause(patience, waiting.signal).then(() => {
      throw new SessionUnavailable('the session could not be refreshed in time');
    });
    const next = await Promise.race([renewed(stored), tooLate]).finally(() => {
      tooLate.catch(() => undefined);
      waiting.abort();
    });
    if (next === undefined) throw new SignedOut('the session is over');
    return next.accessToken;
  };
  const accessToken = (): Promise<string> => accessTokenWhere(({ expiresAt }) => expiresAt > Date.now());
  const accessTokenAfter = (refused: string): Promise<string> =>
    accessTokenWhere((stored) => stored.accessToken !== refused);

  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  const trusted = new Set(
    [origin, ...(options.sendTo ?? []), page].map((one) => (one === undefined ? '' : new URL(one).origin)),
  );

  const ready =
    options.tokens === undefined
      ? read().then((stored) => notice(stored, 'this', 'elsewhere'))
      : store(storedOf(options.tokens), 'requested');
  // Whoever asks for a token is told.
  ready.catch(() => undefined);

  return {
    accessToken,
    accessTokenAfter,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      if (!trusted.has(new URL(request.url).origin)) return plainFetch(request);
      const again = request.clone();
      const token = await accessToken();
      const response = await plainFetch(withToken(request, token));
      if (response.status !== 401) return response;
      const fresh = await accessTokenAfter(token);
      await response.body?.cancel();
      return plainFetch(withToken(again, fresh));
    },
    isSignedIn: async () => {
      await ready;
      return (await read()) !== undefined;
    },
    signIn: async (tokens) => {
      await ready;
      await store(storedOf(tokens), 'requested');
    },
    signOut: async () => {
      await ready;
      await store(undefined, 'requested');
    },
    on: (type, listener) => {
      listeners[type].add(listener);
      return () => listeners[type].delete(listener);
    },
    close: () => {
      closing.abort();
      clearTimeout(timer);
      tabs.close();
    },
  };
}

/** RFC 6750 §2.1. */
export function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}
