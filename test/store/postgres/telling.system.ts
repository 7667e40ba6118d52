// Instances tell each other of changed key sets at once; that they look now and then as well is not looked at here.
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres.ts';
import { queryOnce, startPostgres, type TestPostgres } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

async function opened(url: string): Promise<PostgresStore> {
  const store = await openPostgresStore({ url, poolSize: 2 });
  onTestFinished(() => store.close());
  return store;
}

/** Watches from now on. @returns how often it was told, after the first time, which only says that it listens */
async function watched({ watchKeySets }: PostgresStore): Promise<() => number> {
  let told = 0;
  const stop = watchKeySets?.(() => {
    told += 1;
  });
  onTestFinished(() => stop?.());
  await vi.waitUntil(() => told > 0, { timeout: 10_000 });
  return () => told - 1;
}

test('whatever is changed of key sets on one instance is told to another', async () => {
  const url = await postgres.createDatabase();
  const [one, other] = [await opened(url), await opened(url)];
  const told = await watched(other);
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
    await vi.waitUntil(() => told() === index + 1, { timeout: 10_000 });
  }
  expect(told()).toBe(changes.length);
});

test('a connection that listened and was lost is made again, and what was told meanwhile is not missed', async () => {
  const url = await postgres.createDatabase();
  const told = await watched(await opened(url));
  await queryOnce(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`,
  );
  await vi.waitUntil(() => told() === 1, { timeout: 10_000 });
  await queryOnce(url, 'NOTIFY refract_key_sets');
  await vi.waitUntil(() => told() === 2, { timeout: 10_000 });
});
