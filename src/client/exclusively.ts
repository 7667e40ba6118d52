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
  const isOf = async (owner: string): Promise<boolean> => (await storage.getItem(key))?.startsWith(owner) === true;
  return async (work) => {
    const owner = `${Math.random()}:`;
    try {
      for (let waited = 0; ; waited += 50) {
        const left = Number((await storage.getItem(key))?.split(':')[1]) - Date.now();
        // One that is good for longer than any was written by a clock that has been set back since.
        const isTaken = left > 0 && left <= patience;
        if (!isTaken || waited > patience) {
          await storage.setItem(key, `${owner}${Date.now() + patience}`);
          // Whoever wrote last has it.
          await pause(10 + Math.random() * 20);
          if (await isOf(owner)) break;
        }
        await pause(30 + Math.random() * 40);
      }
    } catch {
      // A storage that fails keeps nobody out.
    }
    try {
      return await work();
    } finally {
      await isOf(owner)
        .then((isOurs) => (isOurs ? storage.removeItem(key) : undefined))
        .catch(() => undefined);
    }
  };
}
