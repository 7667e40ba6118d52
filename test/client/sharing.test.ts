// What tabs and processes share beside the tokens: whose turn it is, and the word that something has changed.
import { expect, onTestFinished, test, vi } from 'vitest';
import { exclusivelyBy } from '../../src/client/exclusively.ts';
import { memoryStorage, type SessionStorage } from '../../src/client/stored.ts';
import { connectTabs } from '../../src/client/kept.ts';

const lease = 'shared:lease';
const needed = async (): Promise<boolean> => true;

function byHand(): SessionStorage {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return memoryStorage();
}

/** Carries out work by the lease, whose own waiting is passed by hand. */
async function carriedOut(storage: SessionStorage, work: (changing: () => void) => Promise<unknown>): Promise<void> {
  const done = exclusivelyBy('shared', storage)(work, needed);
  await vi.advanceTimersByTimeAsync(200);
  await done;
}

test('a turn in which something changed is given back a moment later, when others can see it', async () => {
  const storage = byHand();
  const done = exclusivelyBy('shared', storage)(async (changing) => changing(), needed);
  await vi.advanceTimersByTimeAsync(31);
  await done;
  expect(await storage.getItem(lease)).not.toBeNull();
  await vi.advanceTimersByTimeAsync(101);
  expect(await storage.getItem(lease)).toBeNull();
});

test('a turn in which something changed ends by itself where the program ends first', async () => {
  const storage = byHand();
  const done = exclusivelyBy('shared', storage)(async (changing) => changing(), needed);
  await vi.advanceTimersByTimeAsync(31);
  await done;
  const endsAt = Number.parseInt(String(await storage.getItem(lease)));
  expect(endsAt).toBeGreaterThan(Date.now());
  expect(endsAt).toBeLessThanOrEqual(Date.now() + 100);
});

test('a turn is waited for no longer than the work is needed', async () => {
  const storage = byHand();
  await storage.setItem(lease, `${String(Date.now() + 15_000)}:others`);
  let isNeeded = true;
  const work = vi.fn(async () => undefined);
  const done = exclusivelyBy('shared', storage)(work, async () => isNeeded);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(work).not.toHaveBeenCalled();
  isNeeded = false;
  await vi.advanceTimersByTimeAsync(100);
  await done;
  expect(work).toHaveBeenCalledOnce();
  expect(await storage.getItem(lease), 'the turn of others stays theirs').toMatch(/:others$/);
});

test('a turn that somebody else has taken meanwhile is not given back for them', async () => {
  const storage = byHand();
  const others = `${String(Date.now() + 10_000)}:others`;
  await carriedOut(storage, async () => storage.setItem(lease, others));
  expect(await storage.getItem(lease)).toBe(others);
});

test('a turn that ends later than any can, by a clock that was set back since, is not waited for', async () => {
  const storage = byHand();
  await storage.setItem(lease, `${String(Date.now() + 3_600_000)}:others`);
  const begun: number[] = [];
  await carriedOut(storage, async () => begun.push(Date.now()));
  expect(begun).toHaveLength(1);
});

test('of the events of a storage only those of its own key, and those of all keys, tell of a change', () => {
  const page = new EventTarget();
  vi.stubGlobal('BroadcastChannel', undefined);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  onTestFinished(() => void vi.unstubAllGlobals());
  const closer = new AbortController();
  const changed = vi.fn();
  const tell = connectTabs('own', closer.signal, changed);
  const dispatch = (key: string | null): unknown => page.dispatchEvent(Object.assign(new Event('storage'), { key }));
  dispatch('of-somebody-else');
  expect(changed).not.toHaveBeenCalled();
  dispatch('own');
  dispatch(null);
  expect(changed).toHaveBeenCalledTimes(2);
  closer.abort();
  dispatch('own');
  expect(changed, 'nothing is heard once it is closed').toHaveBeenCalledTimes(2);
  expect(tell, 'nor is there anybody to tell').not.toThrow();
});

test('a channel is closed with its session, and telling of a change fails for nobody', () => {
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
  const tell = connectTabs('own', closer.signal, () => undefined);
  closer.abort();
  expect(closed).toHaveBeenCalledOnce();
  expect(tell).not.toThrow();
  expect(posted).toHaveBeenCalledOnce();
});
