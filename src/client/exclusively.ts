// One at a time among all tabs: by Web Locks, which a tab that dies gives back, or else by a lease in the storage. Neither
// is airtight, and need not be: two refreshes of one token at once give the same successor.
import { environment } from './environment.ts';
import { later, pause } from './pause.ts';
import type { SessionStorage } from './stored.ts';

/** Milliseconds that one is waited for: longer than it takes to be answered. A tab may have been frozen while it had it. */
const patience = 15_000;

export type Exclusively = <Value>(work: () => Promise<Value>) => Promise<Value>;

export function exclusivelyBy(name: string, storage: SessionStorage): Exclusively {
  const locks = environment.navigator?.locks;
  return locks === undefined ? byLease(`${name}:lease`, storage) : byLock(name, locks);
}

function byLock(name: string, locks: LockManager): Exclusively {
  return async <Value>(work: () => Promise<Value>) => {
    const waiting = new AbortController();
    const timer = later(() => waiting.abort(), patience);
    const run: { begun?: Promise<Value> } = {};
    try {
      await locks.request(name, { signal: waiting.signal }, () => {
        clearTimeout(timer);
        run.begun = work();
        return run.begun;
      });
    } catch {
      // Not had in time, or not to be had at all here; or it is the work that failed, which is said below.
    }
    clearTimeout(timer);
    return run.begun ?? work();
  };
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
    try {
      return await work();
    } finally {
      try {
        if ((await storage.getItem(key)) === own) await storage.removeItem(key);
      } catch {
        // It runs out.
      }
    }
  };
}
