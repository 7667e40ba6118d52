// What this tab knows of the session that all tabs share: it reads and writes what is stored, tells the other tabs of it,
// and tells its own listeners of what they did.
import type { Emit, SessionEvents } from './events.ts';
import { steady } from './steady.ts';
import { parseStored, type SessionStorage, type Stored } from './stored.ts';
import { tabsOf, type Tabs } from './tabs.ts';

export interface Kept {
  /** What is stored now. @throws what the storage throws, as long as nothing was ever read */
  readonly look: () => Promise<Stored | undefined>;
  /** Stores tokens, or that there are none. */
  readonly store: (stored: Stored | undefined) => Promise<void>;
  /**
   * Stores what an answer brought in place of the tokens that were sent for it; what was signed in or out meanwhile stays.
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
  /** Told of what is stored whenever this tab has looked. */
  readonly seen: (stored: Stored | undefined) => void;
}

type Reason = SessionEvents['signed-out']['reason'];

export function keep({ key, isShared, storage, emit, closing, seen }: KeptParts): Kept {
  const { read, write } = steady(storage, key);
  let tabs: Tabs | undefined;
  let changing = new AbortController();
  /** The access token that this tab knew last; `undefined` once it knows of none. */
  let known: string | undefined;
  /** Counts what was asked for here, which no answer may undo. */
  let requests = 0;

  const notice = (stored: Stored | undefined, by: 'this' | 'another', reason: Reason): void => {
    const before = known;
    known = stored?.accessToken;
    if (known !== before) {
      changing.abort();
      changing = new AbortController();
    }
    if (closing.aborted) return;
    seen(stored);
    if (known === before) return;
    if (known === undefined) emit('signed-out', { reason });
    else emit(before === undefined ? 'signed-in' : 'refreshed', { by });
  };
  const look = async (): Promise<Stored | undefined> => {
    const stored = parseStored(await read());
    notice(stored, 'another', 'elsewhere');
    return stored;
  };
  const put = async (stored: Stored | undefined, reason: Reason): Promise<void> => {
    await write(stored === undefined ? null : JSON.stringify(stored));
    notice(stored, 'this', reason);
    tabs?.tell();
  };

  if (isShared) {
    tabs = tabsOf(key, () => {
      // A storage that cannot be read now is looked at again when a token is wanted.
      look().catch(() => undefined);
    });
    closing.addEventListener('abort', tabs.close);
  }
  return {
    look,
    store: (stored) => {
      requests += 1;
      return put(stored, 'requested');
    },
    replace: async (sent, next) => {
      const before = requests;
      const now = await look();
      if (now?.accessToken !== sent.accessToken || before !== requests) return look();
      await put(next, 'refused');
      return next;
    },
    changed: () => changing.signal,
  };
}
