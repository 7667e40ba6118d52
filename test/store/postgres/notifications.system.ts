// Instances notify each other of changed key sets at once. Reads at intervals are tested elsewhere.
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres.ts';
import { createDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

async function opened(url: string): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, poolSize: 2 });
  onTestFinished(() => store.close());
  return store;
}

/** Starts to watch. @returns a function that counts notifications, without the first, which follows LISTEN */
async function countNotifications({ watchKeySets }: PostgresStore): Promise<() => number> {
  let count = 0;
  const stop = watchKeySets?.(() => {
    count += 1;
  });
  onTestFinished(() => stop?.());
  await vi.waitUntil(() => count > 0, { timeout: 10_000 });
  return () => count - 1;
}

test('each change of key sets on one instance notifies another', async () => {
  const url = await createDatabase();
  const [one, other] = [await opened(url), await opened(url)];
  const count = await countNotifications(other);
  const changes = [
    () => one.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'x' }),
    () => one.addNextKeySet({ id: 'next', contract: 'fib', sealed: 'x' }),
    () => one.promoteKeySet('fib', 'next'),
    () => one.addLegacyKey({ id: 'legacy', contract: 'fib', sealed: 'x' }),
    () => one.removeKeySet('first', 0, true),
    () => one.replaceKeySets({ id: 'fresh', contract: 'fib', sealed: 'x' }, 'compromised_keys'),
    () => one.resealKeySets([{ id: 'fresh', from: 'x', sealed: 'y' }]),
  ];
  for (const [index, change] of changes.entries()) {
    await change();
    await vi.waitUntil(() => count() === index + 1, { timeout: 10_000 });
  }
  expect(count()).toBe(changes.length);
});

test('a lost listening connection is replaced without missing a change', async () => {
  const url = await createDatabase();
  const count = await countNotifications(await opened(url));
  await queryOnce(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`,
  );
  await vi.waitUntil(() => count() === 1, { timeout: 10_000 });
  await queryOnce(url, 'NOTIFY refract_key_sets');
  await vi.waitUntil(() => count() === 2, { timeout: 10_000 });
});
