// One tab or process at a time: by Web Locks, which a tab that ends releases, or else (in Node, too) by a lease in the
// storage. Neither is airtight, and need not be: two refreshes of one token at once get the same successor.
import { environment, ignore, inTime, later, pause } from './environment.ts';
import type { SessionStorage } from './stored.ts';

/** Milliseconds to wait for a turn: longer than a refresh takes. The tab that has it may be frozen. */
const patience = 15_000;

/** Milliseconds that a turn lasts on after work that changed something: other tabs see a write only a little later. */
const afterwards = 100;

/**
 * Does the work when it is its turn.
 * @param work calls `changing` before it changes what is stored
 * @param isNeeded is asked while others have the turn; once it is false, the work begins without a turn
 */
export type Exclusively = <Value>(
  work: (changing: () => void) => Promise<Value>,
  isNeeded: () => Promise<boolean>,
) => Promise<Value>;

/** Gives a turn back after so many milliseconds. */
type GiveBack = (milliseconds: number) => unknown;

/** Waits for a turn. */
type TakeTurn = (isNeeded: () => Promise<boolean>) => Promise<GiveBack>;

export function exclusivelyBy(name: string, storage: SessionStorage): Exclusively {
  const locks = environment.navigator?.locks;
  // The locks of Node do not reach beyond the process; a folder does.
  const isNode = environment.process?.versions?.node;
  const takeTurn = locks && !isNode ? byLock(name, locks) : byLease(`${name}:lease`, storage);
  return async (work, isNeeded) => {
    const giveBack = await takeTurn(isNeeded);
    let kept = 0;
    try {
      return await work(() => (kept = afterwards));
    } finally {
      await giveBack(kept);
    }
  };
}

function byLock(name: string, locks: LockManager): TakeTurn {
  return () =>
    new Promise((resolve) => {
      const waiting = new AbortController();
      const timer = later(() => waiting.abort(), patience);
      const begin = (): Promise<void> => {
        clearTimeout(timer);
        return new Promise((release) => resolve((milliseconds) => later(release, milliseconds)));
      };
      const request = async (): Promise<unknown> => locks.request(name, { signal: waiting.signal }, begin);
      // Not had in time, or refused by this runtime, which may also throw.
      request().catch(() => resolve(ignore));
    });
}

function byLease(key: string, storage: SessionStorage): TakeTurn {
  return async (isNeeded) => {
    let own = '';
    const write = (lifetime: number): unknown =>
      storage.setItem(key, (own = `${Date.now() + lifetime}:${Math.random()}`));
    /** @param lifetime milliseconds that the lease still has; 0 removes it */
    const end = async (lifetime: number): Promise<void> => {
      if ((await storage.getItem(key)) === own) await (lifetime > 0 ? write(lifetime) : storage.removeItem(key));
    };
    try {
      for (let waited = 0; ; waited += 50) {
        const left = Number.parseInt(String(await storage.getItem(key))) - Date.now();
        // A lease that ends later than any can was written before the clock was set back.
        if (!(left > 0 && left <= patience) || waited > patience) {
          await write(patience);
          // The tab that wrote last has it.
          await pause(10 + Math.random() * 20);
          if ((await storage.getItem(key)) === own) break;
        } else if (!(await isNeeded())) return ignore;
        await pause(30 + Math.random() * 40);
      }
    } catch {
      // A storage that fails keeps no tab out.
    }
    return async (milliseconds) => {
      // The program may end as soon as it has its token. So the lease ends by itself, and its end is stored before that.
      await inTime(end(milliseconds), afterwards).catch(ignore);
      if (milliseconds > 0) later(() => void end(0).catch(ignore), milliseconds);
    };
  };
}
