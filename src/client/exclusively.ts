// One at a time among all tabs: by Web Locks, which a tab that dies gives back, or else by a lease in the storage. The
// lease is not airtight, and need not be: two refreshes of one token at once give the same successor.
import { pause } from './pause.ts';
import type { SessionStorage } from './stored.ts';

/** Milliseconds that one is waited for: longer than it takes to be answered. A tab may have been frozen while it had it. */
const patience = 15_000;

export type Exclusively = <Value>(work: () => Promise<Value>) => Promise<Value>;

export function exclusivelyBy(name: string, storage: SessionStorage): Exclusively {
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  return locks === undefined ? byLease(`${name}:lease`, storage) : byLock(name, locks);
}

function byLock(name: string, locks: LockManager): Exclusively {
  return async (work) => {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), patience);
    let hasBegun = false;
    try {
      return await locks.request(name, { signal: waiting.signal }, () => {
        clearTimeout(timer);
        hasBegun = true;
        return work();
      });
    } catch (reason) {
      if (hasBegun || !waiting.signal.aborted) throw reason;
      return await work();
    } finally {
      clearTimeout(timer);
    }
  };
}

function byLease(key: string, storage: SessionStorage): Exclusively {
  return async (work) => {
    const owner = `${String(Math.random())}:`;
    const until = Date.now() + patience;
    for (;;) {
      const lease = await storage.getItem(key);
      const isFree = lease === null || !(Number(lease.split(':')[1]) > Date.now());
      if (isFree || Date.now() > until) {
        await storage.setItem(key, `${owner}${String(Date.now() + patience)}`);
        // Whoever wrote last has it.
        await pause(10 + Math.random() * 20);
        if ((await storage.getItem(key))?.startsWith(owner) === true) break;
      }
      await pause(30 + Math.random() * 40);
    }
    try {
      return await work();
    } finally {
      if ((await storage.getItem(key))?.startsWith(owner) === true) await storage.removeItem(key);
    }
  };
}
