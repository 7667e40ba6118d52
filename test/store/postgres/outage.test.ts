// PostgreSQL breaks under a running server: what can be tried again is, and what cannot is answered with a 503. Nobody is
// told that a token is bad. What has to wait for time-outs is in outage.slow.ts.
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startDatabaseProxy, type DatabaseProxy } from '../../shared/database-proxy.ts';
import { createDatabase, queryOnce, startEmbedded, type EmbeddedServer } from '../../shared/postgres.ts';
import { isGranted, refresh, refreshTokenIn, send } from '../../shared/refreshing.ts';
import { startServer, type TestServer } from '../../shared/server.ts';
import { call, json, type WireAnswer } from '../../shared/wire.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let postgres: EmbeddedServer;
beforeAll(async () => {
  postgres = await startEmbedded();
});
afterAll(() => postgres.stop());

interface Place {
  readonly server: TestServer;
  /** Past the proxy. */
  readonly database: string;
  readonly proxy: DatabaseProxy;
  readonly ready: () => Promise<WireAnswer>;
}

async function started(environment: Readonly<Record<string, string>> = {}): Promise<Place> {
  const database = await createDatabase(postgres.url);
  const proxy = await startDatabaseProxy(database);
  onTestFinished(proxy.stop);
  const server = await startServer({
    admin: true,
    environment: { DATABASE_URL: proxy.url, REFRACT_MASTER_SECRET: 'a master secret that is only for this test', ...environment },
  });
  onTestFinished(server.stop);
  const adminOrigin = await server.adminOrigin();
  return { server, database, proxy, ready: () => call(adminOrigin, { method: 'GET', path: '/readyz' }) };
}

const unavailable = {
  status: 503,
  headers: expect.objectContaining({ 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' }) as unknown,
};

/** What the store says raises an error with the code when a session is changed, so many times. */
async function raising(database: string, code: string, times: number): Promise<void> {
  await queryOnce(database, 'CREATE SEQUENCE raised');
  await queryOnce(
    database,
    `CREATE FUNCTION raising() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF nextval('raised') <= ${String(times)} THEN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${code}'; END IF;
       RETURN NEW;
     END $$`,
  );
  await queryOnce(
    database,
    'CREATE TRIGGER raising BEFORE UPDATE ON refract.session FOR EACH ROW EXECUTE FUNCTION raising()',
  );
}

async function generationIn(database: string): Promise<unknown> {
  return queryOnce(database, 'SELECT generation::int FROM refract.session');
}

test('whoever refreshes after all connections were ended notices nothing of it, an operator neither', async () => {
  const { server, database } = await started();
  let token = await server.issue('xerial');
  for (let round = 0; round < 3; round += 1) {
    await queryOnce(
      database,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    if (round === 1) await server.refract.administration.addKeySet('fib', {}, { actor: 'test' });
    token = await refresh(server.origin, 'xerial', token);
  }
});

test.each(['40001', '40P01', '55P03'])('what fails with %s is tried again and granted', async (code) => {
  const { server, database } = await started();
  const token = await server.issue('fib');
  await raising(database, code, 3);
  await refresh(server.origin, 'fib', token);
  expect(await generationIn(database)).toEqual([{ generation: 1 }]);
});

test.each(['fib', 'xerial', 'cloudreve'] as const)(
  'a full disk is answered by %s with a 503, and once there is room the same token is granted',
  async (contract) => {
    const { server, database } = await started();
    const token = await server.issue(contract);
    await raising(database, '53100', 1);
    expect(await send(server.origin, contract, token)).toMatchObject(unavailable);
    expect(server.engineEvents).toContainEqual(
      expect.objectContaining({ type: 'unavailable', cause: 'PostgreSQL: on purpose (53100)' }),
    );
    expect(await generationIn(database)).toEqual([{ generation: 0 }]);
    await refresh(server.origin, contract, token);
  },
);

test('an answer that was lost after the commit is found by the next try: one successor, and it holds', async () => {
  const { server, database, proxy } = await started();
  const first = await refresh(server.origin, 'xerial', await server.issue('xerial'));
  proxy.loseAnswer('refract_rotate', 'UPDATE 1');
  const answer = await send(server.origin, 'xerial', first);
  expect(proxy.lost()).toBe(1);
  expect(isGranted('xerial', answer)).toBe(true);
  expect(await generationIn(database)).toEqual([{ generation: 2 }]);
  const successor = refreshTokenIn('xerial', json(answer));
  expect(await refresh(server.origin, 'xerial', first)).toBe(successor);
  await refresh(server.origin, 'xerial', successor);
});

test('what must not be done twice is not tried again where its answer was lost', async () => {
  const { server, database, proxy } = await started();
  await server.issue('xerial');
  proxy.loseAnswer('refract_issue', 'SELECT 1');
  await expect(server.issue('xerial')).rejects.toThrow(/^PostgreSQL: /);
  expect(proxy.lost()).toBe(1);
  expect(await generationIn(database)).toHaveLength(2);
});

test('a password that was changed is a 503 as soon as a new connection is needed, and names no password', async () => {
  const database = await createDatabase(postgres.url);
  await queryOnce(database, `CREATE ROLE rotated LOGIN PASSWORD 'a first word'`);
  await queryOnce(database, `GRANT ALL ON DATABASE ${new URL(database).pathname.slice(1)} TO rotated`);
  const url = Object.assign(new URL(database), { username: 'rotated', password: 'a first word' });
  const server = await startServer({
    admin: true,
    environment: { DATABASE_URL: url.href, REFRACT_MASTER_SECRET: 'a master secret that is only for this test' },
  });
  onTestFinished(server.stop);
  const token = await server.issue('orillion');
  await queryOnce(database, `ALTER ROLE rotated PASSWORD 'a second word'`);
  await refresh(server.origin, 'orillion', token);
  await queryOnce(database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'`);
  const answer = await send(server.origin, 'orillion', token);
  expect(answer).toMatchObject(unavailable);
  const readiness = await call(await server.adminOrigin(), { method: 'GET', path: '/readyz' });
  expect(readiness).toMatchObject({ status: 503 });
  expect(readiness.body).toMatch(/store: The store cannot be used: .*password authentication failed/);
  expect(JSON.stringify([readiness, server.engineEvents])).not.toMatch(/first word|first%20word/);
  await queryOnce(database, `ALTER ROLE rotated PASSWORD 'a first word'`);
  await refresh(server.origin, 'orillion', token);
});

describe('a token under a key that is not known yet', () => {
  test('is no bad token while nobody can look whether there is such a key', async () => {
    const { server, database } = await started();
    const stranger = await started();
    const token = await stranger.server.issue('fib');
    expect(await send(server.origin, 'fib', token)).toMatchObject({ status: 401 });
    await queryOnce(database, 'ALTER TABLE refract.key_set RENAME TO taken_away');
    // The second one comes before anybody looks again.
    await vi.waitUntil(async () => (await send(server.origin, 'fib', token)).status === 503, { timeout: 5_000 });
    expect(await send(server.origin, 'fib', token)).toMatchObject(unavailable);
    await queryOnce(database, 'ALTER TABLE refract.taken_away RENAME TO key_set');
    await vi.waitUntil(async () => (await send(server.origin, 'fib', token)).status === 401, { timeout: 5_000 });
  });
});

test('a server that is stopped and started again is followed by readiness and by whoever refreshes', async () => {
  const { server, ready } = await started();
  const token = await server.issue('xerial');
  expect(await ready()).toMatchObject({ status: 200 });
  await postgres.end('SIGINT');
  expect(await send(server.origin, 'xerial', token)).toMatchObject(unavailable);
  await vi.waitUntil(async () => (await ready()).status === 503, { timeout: 10_000 });
  expect((await ready()).body).toMatch(/^store: The store cannot be used: PostgreSQL: /);
  await postgres.start();
  await vi.waitUntil(async () => (await ready()).status === 200, { timeout: 10_000 });
  await refresh(server.origin, 'xerial', token);
});
