// Purging of expired rows: when it runs, when it stops, and that no caller gets its failures.
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { PurgeEvent } from '../../src/admin/ports.ts';
import { endedSessionRetention, purgeAll, purgeBatchSize, schedulePurge } from '../../src/admin/purge.ts';
import { emptyEvent } from '../../src/observe/audit.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { connectTo } from '../shared/database.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { draftOf } from '../store/kit/test-store.ts';

const nothing = { email: undefined, account: undefined, role: undefined };

/** A store with this many sessions to purge. */
async function storeWith(count: number) {
  const file = join(temporaryFolder(), 'refract.db');
  const clock = { now: 1_700_000_000 };
  const store = openSqliteStore({ file, busyTimeout: 0, clock: () => clock.now });
  onTestFinished(() => store.close());
  await store.putSubject('bob', nothing);
  await Promise.all(Array.from({ length: count }, () => store.issue(draftOf({ lifetime: 1 }))));
  clock.now += 1 + endedSessionRetention;
  const left = async () => (await store.listSessions({})).length;
  return { file, store, clock, left };
}

/** Uses fake timers; `setImmediate` stays real. */
function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

function purging(store: Parameters<typeof schedulePurge>[0], interval: number, auditRetention = 0) {
  const events: PurgeEvent[] = [];
  const stop = schedulePurge(store, interval, auditRetention, (event) => events.push(event));
  onTestFinished(stop);
  return { events, stop };
}

test('a purge removes all rows in batches, with other writes in between', async () => {
  const { store, left } = await storeWith(10);
  const order: string[] = [];
  const purge: typeof store.purge = async (...args) => {
    const purged = await store.purge(...args);
    order.push(`purged ${purged.sessions}`);
    return purged;
  };
  const [total] = await Promise.all([
    purgeAll({ purge }, 0, 4),
    store.putSubject('rob', nothing).then(() => order.push('put')),
  ]);
  expect(total).toEqual({ sessions: 10, subjects: 0 });
  expect(order).toEqual(['purged 4', 'put', 'purged 4', 'purged 2']);
  expect(await left()).toBe(0);
});

test('a purge runs after each interval and reports the removed rows', async () => {
  holdTimers();
  const { store, left, clock } = await storeWith(purgeBatchSize + 1);
  const { events, stop } = purging(store, 60);
  await vi.advanceTimersByTimeAsync(59_999);
  expect([events, await left()]).toEqual([[], purgeBatchSize + 1]);
  await vi.advanceTimersByTimeAsync(1);
  await vi.waitFor(() => expect(events).toEqual([{ type: 'purged', sessions: purgeBatchSize + 1, subjects: 0 }]));
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));

  await store.issue(draftOf({ lifetime: 1 }));
  clock.now += endedSessionRetention;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([events.length, await left()], 'a second short').toEqual([1, 1]);
  clock.now += 1;
  await vi.advanceTimersByTimeAsync(60_000);
  await vi.waitFor(() => expect(events).toHaveLength(2));
  await stop();
});

test('a purge interval of 0 sets no timer', () => {
  holdTimers();
  const purge = vi.fn();
  purging({ purge, cutAudit: purge }, 0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a purge reports an unwritable database, and removes all rows at the next run', async () => {
  holdTimers();
  const { file, store, left } = await storeWith(3);
  const { events } = purging(store, 1);
  const other = connectTo(file);
  other.exec('BEGIN IMMEDIATE');
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(events[0]).toEqual({ type: 'purge_failed', cause: 'SQLite: database is locked (SQLITE_BUSY)' });
  other.exec('ROLLBACK');
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(events).toHaveLength(2));
  expect(await left()).toBe(0);
});

test('stopping a purge waits for the batch in flight and begins no other', async () => {
  holdTimers();
  const { store, left } = await storeWith(purgeBatchSize * 2);
  const { stop } = purging(store, 1);
  vi.advanceTimersByTime(1_000);
  await stop();
  expect([await left(), vi.getTimerCount()]).toEqual([purgeBatchSize, 0]);
});

test.each([
  [0, purgeBatchSize + 2],
  [100, 1],
])('an audit trail with a retention of %i s has %i events after a purge', async (retention, left) => {
  holdTimers();
  const { store, clock } = await storeWith(0);
  const event = (id: number) => ({ ...noEvent, id: String(id).padStart(4, '0') });
  await store.appendAudit(Array.from({ length: purgeBatchSize + 1 }, (_, id) => event(id)));
  clock.now += 101;
  await store.appendAudit([event(9_999)]);
  const { stop } = purging(store, 1, retention);
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
  expect(await store.readAudit({}, { limit: 1_000 })).toHaveLength(left);
  await stop();
});

const noEvent = { ...emptyEvent, type: 'refused' } as const;
