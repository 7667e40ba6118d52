// What this tab knows of the session that all tabs share. It reads and writes what is stored, notifies the other tabs, and
// emits events for its own listeners.
import { environment, hear, ignore } from './environment.ts';
import type { Emit, SessionEvents } from './events.ts';
import { parseStored, type SessionStorage, type Stored } from './stored.ts';

export interface Kept {
  /** What is stored now, once pending writes are done. @throws what the storage throws, as long as it was never read */
  readonly look: () => Promise<Stored | undefined>;
  /** Stores tokens, or that there are none. Of a session that is stored already, its later tokens stay. */
  readonly store: (stored: Stored | undefined) => Promise<void>;
  /**
   * Stores the successor of the tokens that were sent; what was signed in or out meanwhile stays.
   * @returns what is stored then
   */
  readonly replace: (sent: Stored, next: Stored | undefined) => Promise<Stored | undefined>;
  /** Aborted with the next change of what is stored. */
  readonly changed: () => AbortSignal;
}

export interface KeptParts {
  readonly key: string;
  /** Whether there may be other tabs. */
  readonly isShared: boolean;
  readonly storage: SessionStorage;
  readonly emit: Emit;
  readonly closing: AbortSignal;
  /** Called with what is stored whenever this tab has looked. */
  readonly seen: (stored: Stored | undefined) => void;
}

type Reason = SessionEvents['signed-out']['reason'];

export function keep({ key, isShared, storage, emit, closing, seen }: KeptParts): Kept {
  const { read, write } = steady(storage, key);
  let changing = new AbortController();
  /** The access token that this tab knew last; `undefined` without one. */
  let known: string | undefined;
  /** Counts the requests and writes of this tab, which no response may undo. */
  let requests = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other, so that nothing is written between a look and its write. */
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const done = turn.then(work);
    turn = done.catch(ignore);
    return done;
  };

  /** @param reason of a change by this tab */
  const notice = (stored: Stored | undefined, reason?: Reason): void => {
    const before = known;
    known = stored?.accessToken;
    if (!closing.aborted) seen(stored);
    if (known === before) return;
    changing.abort();
    changing = new AbortController();
    if (known === undefined) emit('signed-out', { reason: reason ?? 'elsewhere' });
    else emit(before === undefined ? 'signed-in' : 'refreshed', { by: reason ? 'this' : 'another' });
  };
  const find = async (): Promise<Stored | undefined> => parseStored(await read());
  const look = async (): Promise<Stored | undefined> => {
    const before = requests;
    const stored = await find();
    // A request or write since then is newer.
    if (before === requests) notice(stored);
    return stored;
  };
  const put = async (stored: Stored | undefined, reason: Reason): Promise<void> => {
    await write(stored === undefined ? null : JSON.stringify(stored));
    requests += 1;
    notice(stored, reason);
    notify();
  };

  // A storage that cannot be read now is read again when a token is wanted.
  const notify = isShared ? connectTabs(key, closing, () => void look().catch(ignore)) : ignore;
  return {
    look: () => turn.then(look),
    store: (stored) => {
      requests += 1;
      return inTurn(async () => {
        // A program that starts again is given the same tokens again, which were superseded long ago.
        const now = stored && (await find().catch(ignore));
        if (now && now.began === stored.began) notice(now);
        else await put(stored, 'requested');
      });
    },
    replace: async (sent, next) => {
      const before = requests;
      await inTurn(async () => {
        const now = await look();
        if (now?.accessToken === sent.accessToken && before === requests) await put(next, 'refused');
      });
      // Requests made meanwhile have precedence.
      return turn.then(look);
    },
    changed: () => changing.signal,
  };
}

/** Other tabs of the same origin learn that what is stored has changed, never what it is. @returns what notifies them */
export function connectTabs(key: string, closing: AbortSignal, changed: () => void): () => void {
  const stop = hear(environment, 'storage', (event) => {
    // Without a key everything was cleared.
    if ((event.key ?? key) === key) changed();
  });
  let channel: BroadcastChannel | undefined;
  try {
    channel = new BroadcastChannel(key);
    channel.onmessage = changed;
    // In Node an open channel would keep the program from ending.
    (channel as { readonly unref?: () => void }).unref?.();
  } catch {
    // The runtime has no channels, or does not allow them.
  }
  closing.addEventListener('abort', () => {
    stop();
    channel?.close();
  });
  return () => {
    try {
      channel?.postMessage(0);
    } catch {
      // It is closed, or broken: the others find the change when they look.
    }
  };
}

interface SteadyStorage {
  /** @throws what the storage throws, as long as it was never read or written */
  readonly read: () => Promise<string | null>;
  /** Removes with `null`. */
  readonly write: (text: string | null) => Promise<void>;
}

/**
 * A storage that does not fail. A text that could not be written is kept in memory and written with the next read, unless
 * another tab has written meanwhile: a successor that is not stored would be lost, and with it the session.
 */
function steady(storage: SessionStorage, key: string): SteadyStorage {
  /** What the storage was last known to hold; `undefined` before. */
  let last: string | null | undefined;
  /** What it should hold, and what it holds instead. */
  let unwritten: { readonly text: string | null; readonly over: string | null } | undefined;

  const look = async (): Promise<string | null> => {
    try {
      // Some storages return `undefined` for a missing key.
      last = (await storage.getItem(key)) ?? null;
    } catch (reason) {
      if (last === undefined) throw reason;
    }
    return last;
  };
  const write = async (text: string | null): Promise<void> => {
    try {
      await (text === null ? storage.removeItem(key) : storage.setItem(key, text));
      last = text;
      unwritten = undefined;
    } catch {
      last ??= null;
      unwritten = { text, over: await look() };
    }
  };
  return {
    write,
    read: async () => {
      const found = await look();
      if (unwritten?.over !== found) {
        unwritten = undefined;
        return found;
      }
      const { text } = unwritten;
      await write(text);
      return text;
    },
  };
}
