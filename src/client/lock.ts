// A lock that one tab or process holds at a time: a Web Lock, which a closed tab releases, or else (in Node, too) a lease in
// the storage. Neither is exact, and need not be: two refreshes of one token at once get the same successor.
import { ignore, runtime, sleep, startTimer, withTimeout } from './runtime.ts';
import type { SessionStorage } from './stored-tokens.ts';

/** Milliseconds to wait for the lock: longer than a refresh takes. The tab that holds it may be frozen. */
const patience = 15_000;

/** Milliseconds that the lock is held after a change: other tabs see a write a little later. */
const holdAfterChange = 100;

/**
 * Does work under the lock.
 * @param work calls `changing` before it changes the stored tokens
 * @param isNeeded is called while others hold the lock; once it returns false, the work begins without the lock
 */
export type RunLocked = <Value>(
  work: (changing: () => void) => Promise<Value>,
  isNeeded: () => Promise<boolean>,
) => Promise<Value>;

/** Releases the lock after so many milliseconds. */
type Release = (milliseconds: number) => unknown;
type Acquire = (isNeeded: () => Promise<boolean>) => Promise<Release>;

export function createLock(name: string, storage: SessionStorage): RunLocked {
  const locks = runtime.navigator?.locks;
  // The locks of Node are limited to the process; a folder is not.
  const isNode = runtime.process?.versions?.node;
  const acquire = locks && !isNode ? byWebLock(name, locks) : byLease(`${name}:lease`, storage);
  return async (work, isNeeded) => {
    const release = await acquire(isNeeded);
    let holdFor = 0;
    try {
      return await work(() => (holdFor = holdAfterChange));
    } finally {
      await release(holdFor);
    }
  };
}

function byWebLock(name: string, locks: LockManager): Acquire {
  return () =>
    new Promise((resolve) => {
      const waiting = new AbortController();
      const timer = startTimer(() => waiting.abort(), patience);
      const hold = (): Promise<void> => {
        clearTimeout(timer);
        return new Promise((release) => resolve((milliseconds) => startTimer(release, milliseconds)));
      };
      const request = async (): Promise<unknown> => locks.request(name, { signal: waiting.signal }, hold);
      // Timed out, or refused by this runtime, which may also throw.
      request().catch(() => resolve(ignore));
    });
}

function byLease(key: string, storage: SessionStorage): Acquire {
  return async (isNeeded) => {
    let own = '';
    const write = (lifetime: number): unknown =>
      storage.setItem(key, (own = `${Date.now() + lifetime}:${Math.random()}`));
    /** @param lifetime milliseconds until the lease expires; 0 removes it */
    const shorten = async (lifetime: number): Promise<void> => {
      if ((await storage.getItem(key)) === own) await (lifetime > 0 ? write(lifetime) : storage.removeItem(key));
    };
    try {
      for (let waited = 0; ; waited += 50) {
        const left = Number.parseInt(String(await storage.getItem(key))) - Date.now();
        // A lease that ends later than any can was written before the clock was set back.
        if (!(left > 0 && left <= patience) || waited > patience) {
          await write(patience);
          // The last tab to write holds it.
          await sleep(10 + Math.random() * 20);
          if ((await storage.getItem(key)) === own) break;
        } else if (!(await isNeeded())) return ignore;
        await sleep(30 + Math.random() * 40);
      }
    } catch {
      // A storage that fails must not block any tab.
    }
    return async (milliseconds) => {
      // The program may end as soon as it has its token, so a lease that expires by itself is stored before that.
      await withTimeout(shorten(milliseconds), holdAfterChange).catch(ignore);
      if (milliseconds > 0) startTimer(() => void shorten(0).catch(ignore), milliseconds);
    };
  };
}
