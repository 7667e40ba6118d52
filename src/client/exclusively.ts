// One at a time among all tabs: by Web Locks, which a tab that dies gives back, or else (in Node, too) by a lease in the storage. Neither
// is airtight, and need not be: two refreshes of one token at once give the same successor.
import { environment, ignore } from './environment.ts';
import { later, pause } from './pause.ts';
import type { SessionStorage } from './stored.ts';

/** Milliseconds that one is waited for: longer than it takes to be answered. A tab may have been frozen while it had it. */
const patience = 15_000;

/** Milliseconds that it is kept after work that changed something: other tabs see only a little later what was stored. */
const afterwards = 100;

/** What the work is to call where it changes something. */
type Changing = () => void;

export type Exclusively = <Value>(work: (changing: Changing) => Promise<Value>) => Promise<Value>;

export function exclusivelyBy(name: string, storage: SessionStorage): Exclusively {
  const locks = environment.navigator?.locks;
  // Those of Node do not reach beyond the process; a folder does.
  const isNode = environment.process?.versions?.node;
  const had = locks && !isNode ? byLock(name, locks) : byLease(`${name}:lease`, storage);
  return async (work) => {
    const giveBack = await had();
    let kept = 0;
    try {
      return await work(() => (kept = afterwards));
    } finally {
      later(giveBack, kept);
    }
  };
}

/** Waits until it is this one's turn. Resolves with what gives it back. */
type Had = () => Promise<() => void>;

function byLock(name: string, locks: LockManager): Had {
  return () =>
    new Promise((resolve) => {
      const waiting = new AbortController();
      const timer = later(() => waiting.abort(), patience);
      const begin = (): Promise<void> => {
        clearTimeout(timer);
        return new Promise(resolve);
      };
      const request = async (): Promise<unknown> => locks.request(name, { signal: waiting.signal }, begin);
      // Not had in time, or not to be had at all here, which not every place says by a promise.
      request().catch(() => resolve(ignore));
    });
}

function byLease(key: string, storage: SessionStorage): Had {
  return async () => {
    let own = '';
    try {
      for (let waited = 0; ; waited += 50) {
        const left = Number.parseInt(String(await storage.getItem(key))) - Date.now();
        // One that is good for longer than any was written by a clock that has been set back since.
        if (!(left > 0 && left <= patience) || waited > patience) {
          own = `${Date.now() + patience}:${Math.random()}`;
          await storage.setItem(key, own);
          // Whoever wrote last has it.
          await pause(10 + Math.random() * 20);
          if ((await storage.getItem(key)) === own) break;
        }
        await pause(30 + Math.random() * 40);
      }
    } catch {
      // A storage that fails keeps nobody out.
    }
    const giveBack = async (): Promise<void> => {
      if ((await storage.getItem(key)) === own) await storage.removeItem(key);
    };
    // Where that fails, it runs out.
    return () => void giveBack().catch(ignore);
  };
}
