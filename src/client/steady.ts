// A storage that does not fail. What it could not write is kept in memory and written with the next reading, unless
// somebody else has written meanwhile: a successor that is not stored would be lost, and with it the session.
import type { SessionStorage } from './stored.ts';

export interface SteadyStorage {
  /** @throws what the storage throws, as long as nothing was ever read or written */
  readonly read: () => Promise<string | null>;
  /** Removes where there is nothing to write. */
  readonly write: (text: string | null) => Promise<void>;
}

export function steady(storage: SessionStorage, key: string): SteadyStorage {
  /** What the storage was last known to hold; `undefined` before. */
  let last: string | null | undefined;
  /** What it should hold, and what it holds instead. */
  let unwritten: { readonly text: string | null; readonly over: string | null } | undefined;

  const look = async (): Promise<string | null> => {
    try {
      // Some answer `undefined` for what is not there.
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
