// The lock and the notifications that tabs and processes share besides the tokens.
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLock } from '../../src/client/lock.ts';
import { memoryStorage, type SessionStorage } from '../../src/client/stored-tokens.ts';
import { connectTabs } from '../../src/client/shared-tokens.ts';

const lease = 'shared:lease';
const needed = async (): Promise<boolean> => true;

function advanceTimers(): SessionStorage {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return memoryStorage();
}

/** Runs work under the lease, with a fake clock. */
async function runUnderLease(storage: SessionStorage, work: (changing: () => void) => Promise<unknown>): Promise<void> {
  const done = createLock('shared', storage)(work, needed);
  await vi.advanceTimersByTimeAsync(200);
  await done;
}

test('a session lock is released shortly after a change, when other tabs see it', async () => {
  const storage = advanceTimers();
  const done = createLock('shared', storage)(async (changing) => changing(), needed);
  await vi.advanceTimersByTimeAsync(31);
  await done;
  expect(await storage.getItem(lease)).not.toBeNull();
  await vi.advanceTimersByTimeAsync(101);
  expect(await storage.getItem(lease)).toBeNull();
});

test('the lease of a program that ended expires', async () => {
  const storage = advanceTimers();
  const done = createLock('shared', storage)(async (changing) => changing(), needed);
  await vi.advanceTimersByTimeAsync(31);
  await done;
  const endsAt = Number.parseInt(String(await storage.getItem(lease)));
  expect(endsAt).toBeGreaterThan(Date.now());
  expect(endsAt).toBeLessThanOrEqual(Date.now() + 100);
});

test('the wait for the lock ends when the work is not needed any more', async () => {
  const storage = advanceTimers();
  await storage.setItem(lease, `${String(Date.now() + 15_000)}:others`);
  let isNeeded = true;
  const work = vi.fn(async () => undefined);
  const done = createLock('shared', storage)(work, async () => isNeeded);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(work).not.toHaveBeenCalled();
  isNeeded = false;
  await vi.advanceTimersByTimeAsync(100);
  await done;
  expect(work).toHaveBeenCalledOnce();
  expect(await storage.getItem(lease), 'the turn of others stays theirs').toMatch(/:others$/);
});

test('a lease that another tab took meanwhile is not released', async () => {
  const storage = advanceTimers();
  const others = `${String(Date.now() + 10_000)}:others`;
  await runUnderLease(storage, async () => storage.setItem(lease, others));
  expect(await storage.getItem(lease)).toBe(others);
});

test('a lease that ends too late, since the clock was set back, does not block', async () => {
  const storage = advanceTimers();
  await storage.setItem(lease, `${String(Date.now() + 3_600_000)}:others`);
  const begun: number[] = [];
  await runUnderLease(storage, async () => begun.push(Date.now()));
  expect(begun).toHaveLength(1);
});

test('storage events of the own key, or of all keys, report a change', () => {
  const page = new EventTarget();
  vi.stubGlobal('BroadcastChannel', undefined);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  onTestFinished(() => void vi.unstubAllGlobals());
  const closer = new AbortController();
  const changed = vi.fn();
  const notify = connectTabs('own', closer.signal, changed);
  const dispatch = (key: string | null): unknown => page.dispatchEvent(Object.assign(new Event('storage'), { key }));
  dispatch('another');
  expect(changed).not.toHaveBeenCalled();
  dispatch('own');
  dispatch(null);
  expect(changed).toHaveBeenCalledTimes(2);
  closer.abort();
  dispatch('own');
  expect(changed, 'no event after closing').toHaveBeenCalledTimes(2);
  expect(notify, 'a notification does nothing').not.toThrow();
});

test('a channel is closed with its session, and later notifications do not throw', () => {
  const closed = vi.fn();
  const posted = vi.fn(() => {
    throw new Error('it is closed');
  });
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      close = closed;
      postMessage = posted;
    },
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  const closer = new AbortController();
  const notify = connectTabs('own', closer.signal, () => undefined);
  closer.abort();
  expect(closed).toHaveBeenCalledOnce();
  expect(notify).not.toThrow();
  expect(posted).toHaveBeenCalledOnce();
});
