// What this tab knows of the session that all tabs share: it reads and writes what is stored, tells the other tabs of it,
// and tells its own listeners of what they did.
import { ignore } from './environment.ts';
import type { Emit, SessionEvents } from './events.ts';
import { steady } from './steady.ts';
import { parseStored, type SessionStorage, type Stored } from './stored.ts';
import { tabsOf } from './tabs.ts';

export interface Kept {
  /** What is stored now, once all is written that is to be. @throws what the storage throws, as long as nothing was ever read */
  readonly look: () => Promise<Stored | undefined>;
  /** Stores tokens, or that there are none. Of a session that is stored already, what it has come to since stays. */
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
  let changing = new AbortController();
  /** The access token that this tab knew last; `undefined` once it knows of none. */
  let known: string | undefined;
  /** Counts what was asked for and written here, which no answer may undo. */
  let requests = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other, so that nothing is written between a look and what is written for it. */
  const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const done = turn.then(work);
    turn = done.catch(ignore);
    return done;
  };

  /** @param reason of what was done here */
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
    // What has been asked for or written meanwhile is newer.
    if (before === requests) notice(stored);
    return stored;
  };
  const put = async (stored: Stored | undefined, reason: Reason): Promise<void> => {
    await write(stored === undefined ? null : JSON.stringify(stored));
    requests += 1;
    notice(stored, reason);
    tell();
  };

  // A storage that cannot be read now is looked at again when a token is wanted.
  const tell = isShared ? tabsOf(key, closing, () => void look().catch(ignore)) : ignore;
  return {
    look: () => turn.then(look),
    store: (stored) => {
      requests += 1;
      return inTurn(async () => {
        // A program that begins anew is given the same tokens again, which have long been superseded.
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
      // What was asked for meanwhile has the last word.
      return turn.then(look);
    },
    changed: () => changing.signal,
  };
}
