// This tab's view of the tokens that all tabs share: it reads and writes them, notifies the other tabs, and emits events.
import { ignore, listen, runtime } from './runtime.ts';
import type { Emit, SessionEvents } from './events.ts';
import { parseStored, type SessionStorage, type StoredTokens } from './stored-tokens.ts';

export interface SharedTokens {
  /** Reads the stored tokens, after pending writes. @throws the storage's error, if it was never read */
  readonly read: () => Promise<StoredTokens | undefined>;
  /** Stores tokens, or removes them. Of a session that is already stored, its later tokens stay. */
  readonly store: (tokens: StoredTokens | undefined) => Promise<void>;
  /**
   * Replaces the tokens that were sent by their successor; a sign-in or sign-out in the meantime wins.
   * @returns the tokens that are stored afterwards
   */
  readonly replace: (sent: StoredTokens, next: StoredTokens | undefined) => Promise<StoredTokens | undefined>;
  /** Aborted with the next change of the tokens. */
  readonly changed: () => AbortSignal;
}

export interface SharedTokensParts {
  readonly key: string;
  /** Whether there may be other tabs. */
  readonly isShared: boolean;
  readonly storage: SessionStorage;
  readonly emit: Emit;
  readonly closing: AbortSignal;
  /** Called with the stored tokens after each read or write. */
  readonly onRead: (stored: StoredTokens | undefined) => void;
}

type Reason = SessionEvents['signed-out']['reason'];

export function shareTokens({ key, isShared, storage, emit, closing, onRead }: SharedTokensParts): SharedTokens {
  const slot = createSlot(storage, key);
  let changing = new AbortController();
  /** The access token that this tab read or wrote last. */
  let known: string | undefined;
  /** Counts the changes that this tab requested, which no response may undo. */
  let requests = 0;
  let queue: Promise<unknown> = Promise.resolve();

  /** Runs writes one after the other, so that none comes between a read and its write. */
  const enqueue = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const done = queue.then(work);
    queue = done.catch(ignore);
    return done;
  };

  /** @param reason of a change by this tab */
  const notice = (stored: StoredTokens | undefined, reason?: Reason): void => {
    const before = known;
    known = stored?.accessToken;
    if (!closing.aborted) onRead(stored);
    if (known === before) return;
    changing.abort();
    changing = new AbortController();
    if (known) emit(before ? 'refreshed' : 'signed-in', { by: reason ? 'this' : 'another' });
    else emit('signed-out', { reason: reason ?? 'elsewhere' });
  };
  const find = (): Promise<StoredTokens | undefined> => slot.read().then(parseStored);
  const read = async (): Promise<StoredTokens | undefined> => {
    const before = requests;
    const stored = await find();
    // A change that was requested since then is newer.
    if (before === requests) notice(stored);
    return stored;
  };
  const write = async (stored: StoredTokens | undefined, reason: Reason): Promise<void> => {
    await slot.write(stored ? JSON.stringify(stored) : null);
    requests += 1;
    notice(stored, reason);
    notify();
  };

  // A storage that cannot be read now is read again when a token is needed.
  const notify = isShared ? connectTabs(key, closing, () => void read().catch(ignore)) : ignore;
  return {
    read: () => queue.then(read),
    store: (tokens) => {
      requests += 1;
      return enqueue(async () => {
        // A program that restarts passes the same tokens again, which may have been rotated since.
        const stored = tokens && (await find().catch(ignore));
        if (stored && stored.began === tokens.began) notice(stored);
        else await write(tokens, 'requested');
      });
    },
    replace: async (sent, next) => {
      const before = requests;
      await enqueue(async () => {
        const stored = await read();
        if (stored?.accessToken === sent.accessToken && before === requests) await write(next, 'refused');
      });
      // Changes that were requested in the meantime come first.
      return queue.then(read);
    },
    changed: () => changing.signal,
  };
}

/** Notifies other tabs of the same origin of changes, without the tokens. @returns a function that notifies them */
export function connectTabs(key: string, closing: AbortSignal, onChange: () => void): () => void {
  const stop = listen(runtime, 'storage', (event) => {
    // An event without a key means that everything was cleared.
    if ((event.key ?? key) === key) onChange();
  });
  let channel: BroadcastChannel | undefined;
  try {
    channel = new BroadcastChannel(key);
    channel.onmessage = onChange;
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
      // The channel is closed or broken: other tabs find the change when they read.
    }
  };
}

interface Slot {
  /** @throws the storage's error, if it was never read or written */
  readonly read: () => Promise<string | null>;
  /** Removes with `null`. */
  readonly write: (text: string | null) => Promise<void>;
}

/**
 * One key of a storage that may fail. A failed write stays in memory and is retried with the next read, unless another
 * tab has written in the meantime: a successor that is lost would end the session.
 */
function createSlot(storage: SessionStorage, key: string): Slot {
  /** The last known content; `undefined` if unknown. */
  let last: string | null | undefined;
  /** The text of a failed write, and the content that it should replace. */
  let unwritten: { readonly text: string | null; readonly over: string | null } | undefined;

  const load = async (): Promise<string | null> => {
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
      unwritten = { text, over: await load() };
    }
  };
  return {
    write,
    read: async () => {
      const found = await load();
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
