// One at a time among all tabs: by Web Locks, which a tab that dies gives back, or else by a lease in the storage. Neither
// is airtight, and need not be: two refreshes of one token at once give the same successor.
import { environment } from './environment.ts';
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
  return locks === undefined ? byLease(`${name}:lease`, storage) : byLock(name, locks);
}

function byLock(name: string, locks: LockManager): Exclusively {
  return (work) =>
    new Promise((resolve) => {
      const waiting = new AbortController();
      const timer = later(() => waiting.abort(), patience);
      let begin = (): Promise<unknown> => {
        clearTimeout(timer);
        let kept = 0;
        const begun = work(() => (kept = afterwards));
        resolve(begun);
        begin = () => begun;
        return begun.then(() => pause(kept));
      };
      locks
        .request(name, { signal: waiting.signal }, () => begin())
        // Not had in time, or not to be had at all here; or it is the work that failed, which is known already.
        .catch(() => begin())
        .catch(() => undefined);
    });
}

function byLease(key: string, storage: SessionStorage): Exclusively {
  return async (work) => {
    let own = '';
    try {
      for (let waited = 0; ; waited += 50) {
        const left = Number.parseInt((await storage.getItem(key)) ?? '') - Date.now();
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
    let kept = 0;
    const giveBack = async (): Promise<void> => {
      await pause(kept);
      if ((await storage.getItem(key)) === own) await storage.removeItem(key);
    };
    try {
      return await work(() => (kept = afterwards));
    } finally {
      // Where that fails, it runs out.
      giveBack().catch(() => undefined);
    }
  };
}
