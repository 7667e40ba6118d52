// PostgreSQL is unavailable for longer than a refresh can wait: a 503 within the deadline, nothing changed, and recovery
// by itself. These tests wait for real timeouts.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { makePlace } from '../../shared/cli.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../../shared/database-proxy.ts';
import {
  createDatabaseOn,
  queryOnce,
  startEmbedded,
  startStandby,
  type EmbeddedServer,
} from '../../shared/postgres.ts';
import { refresh, send } from '../../shared/refreshing.ts';
import { adminToken, startServer, type TestServer } from '../../shared/server.ts';
import { claimsOf } from '../../shared/tokens.ts';
import { call, type WireAnswer } from '../../shared/wire.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Milliseconds: the longest wait of the store, doubled for a busy machine. */
const longest = 6_000;
const masterSecret = 'a master secret that is only for this test';

let postgres: EmbeddedServer;
let proxy: DatabaseProxy;
let server: TestServer;
/** Without the proxy. */
let database: string;
let token: string;

beforeAll(async () => {
  postgres = await startEmbedded();
  database = await createDatabaseOn(postgres.url);
  proxy = await startDatabaseProxy(database);
  server = await startServer({
    admin: true,
    environment: { DATABASE_URL: proxy.url, REFRACT_MASTER_SECRET: masterSecret, REFRACT_DATABASE_POOL: '4' },
  });
});
beforeEach(async () => {
  await becomesReady(200);
  token = await server.issue('xerial');
});
// Restores the database for the next test.
afterEach(async () => {
  await queryOnce(postgres.url, 'SELECT 1').catch(() => postgres.start());
  await queryOnce(postgres.url, `ALTER DATABASE ${name()} RESET default_transaction_read_only`);
  proxy.beSilent(false);
  proxy.leadTo(postgres.port);
});
afterAll(async () => {
  await server.stop();
  await proxy.stop();
  await postgres.stop();
});

const unavailable = {
  status: 503,
  headers: expect.objectContaining({ 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' }) as unknown,
};

function name(): string {
  return new URL(database).pathname.slice(1);
}

async function ready(): Promise<WireAnswer> {
  return call(await server.adminOrigin(), { method: 'GET', path: '/readyz' });
}

/** Refreshes and expects a 503 within the deadline. */
async function refusedInTime(): Promise<void> {
  const since = performance.now();
  expect(await send(server.origin, 'xerial', token)).toMatchObject(unavailable);
  expect(performance.now() - since).toBeLessThan(longest);
}

async function becomesReady(status: number): Promise<void> {
  await vi.waitUntil(async () => (await ready()).status === status, { timeout: 20_000 });
}

async function generation(): Promise<unknown> {
  const { sid } = claimsOf(token);
  return queryOnce(database, 'SELECT generation::int FROM refract.session WHERE id = $1', [sid]);
}

test.each(['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)(
  'readiness and refreshes recover after %s and a restart of PostgreSQL',
  async (signal) => {
    await postgres.end(signal);
    await refusedInTime();
    await becomesReady(503);
    expect((await ready()).body).toMatch(/^store: The store cannot be used: PostgreSQL: /);
    await postgres.start();
    await becomesReady(200);
    await refresh(server.origin, 'xerial', token);
  },
);

test('a read-only database is a 503, and not ready', async () => {
  await queryOnce(postgres.url, `ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
  proxy.breakOff();
  await refusedInTime();
  await becomesReady(503);
  expect((await ready()).body).toMatch(/read-only transaction \(25006\)/);
  await queryOnce(postgres.url, `ALTER DATABASE ${name()} RESET default_transaction_read_only`);
  await becomesReady(200);
  await refresh(server.origin, 'xerial', token);
});

test('a row locked by another client is a 503, and nothing is changed', async () => {
  const other = new pg.Client(database);
  await other.connect();
  onTestFinished(() => other.end());
  await other.query('BEGIN');
  await other.query('SELECT 1 FROM refract.session WHERE id = $1 FOR UPDATE', [claimsOf(token)['sid']]);
  await refusedInTime();
  expect(await generation()).toEqual([{ generation: 0 }]);
  await other.query('ROLLBACK');
  await refresh(server.origin, 'xerial', token);
});

test('a refresh is a 503 while long work has the only connection', async () => {
  const narrow = await startServer({
    environment: { DATABASE_URL: database, REFRACT_MASTER_SECRET: masterSecret, REFRACT_DATABASE_POOL: '1' },
  });
  onTestFinished(narrow.stop);
  await narrow.issue('fib', 'many sessions');
  await queryOnce(
    database,
    `CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(8); RETURN NEW; END $$;
     CREATE TRIGGER take_long BEFORE UPDATE ON refract.session FOR EACH ROW
       WHEN (NEW.subject_id = 'many sessions') EXECUTE FUNCTION take_long()`,
  );
  onTestFinished(async () => {
    await queryOnce(database, 'DROP FUNCTION take_long CASCADE');
  });
  const revoking = narrow.refract.administration.revokeSessions({ subjectId: 'many sessions' }, { actor: 'test' });
  const since = performance.now();
  expect(await send(narrow.origin, 'xerial', token)).toMatchObject(unavailable);
  expect(performance.now() - since).toBeLessThan(longest);
  await revoking;
  await refresh(narrow.origin, 'xerial', token);
});

test('a silent network is a 503, also for a token of an unknown key', async () => {
  proxy.beSilent(true);
  await refusedInTime();
  await becomesReady(503);
  proxy.beSilent(false);
  await becomesReady(200);
  await refresh(server.origin, 'xerial', token);
});

test('the first refresh succeeds after all connections died silently', async () => {
  // All connections of the pool.
  await Promise.all(Array.from({ length: 40 }, () => server.refract.store.listSessions({})));
  proxy.forget();
  await refresh(server.origin, 'xerial', token);
});

test('a standby is not used until it is promoted', async () => {
  const standby = await startStandby(postgres);
  onTestFinished(standby.stop);
  // The primary was stopped while it was copied.
  await becomesReady(200);
  const [{ lsn }] = (await queryOnce(database, 'SELECT pg_current_wal_flush_lsn()::text AS lsn')) as [{ lsn: string }];
  await vi.waitUntil(
    async () => {
      const rows = await queryOnce(standby.url, 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS is', [lsn]);
      return JSON.stringify(rows) === '[{"is":true}]';
    },
    { timeout: 20_000 },
  );
  proxy.leadTo(standby.port);
  await refusedInTime();
  await expect(server.refract.store.listSessions({})).rejects.toThrow('a standby, which accepts no writes');
  await queryOnce(standby.url, 'SELECT pg_promote()');
  await becomesReady(200);
  await refresh(server.origin, 'xerial', token);
});

test('a server stops while the network is silent, and responds to pending requests', async () => {
  const place = makePlace();
  onTestFinished(place.clear);
  const silent = await startDatabaseProxy(database);
  onTestFinished(silent.stop);
  const environment = {
    DATABASE_URL: silent.url,
    REFRACT_MASTER_SECRET: masterSecret,
    REFRACT_ADMIN_TOKEN: adminToken,
    REFRACT_PURGE_INTERVAL: '1',
  };
  const serving = await place.serveAlone({ environment });
  await refresh(serving.origin, 'xerial', token);
  const other = await server.issue('fib');
  silent.beSilent(true);
  const waiting = [send(serving.origin, 'xerial', token), send(serving.origin, 'fib', other)];
  // Connections are accepted in order, so those two have been accepted.
  await call(serving.origin, { method: 'GET', path: '/healthz' });
  const since = performance.now();
  serving.kill('SIGTERM');
  for (const response of await Promise.all(waiting)) expect(response).toMatchObject(unavailable);
  expect(await serving.ended).toMatchObject({ code: 0 });
  expect(performance.now() - since).toBeLessThan(2 * longest);
});

test('work on many rows waits longer for a lock than a refresh', async () => {
  const store = await openPostgresStore({ url: database, poolSize: 6 });
  onTestFinished(() => store.close());
  await store.putSubject('many', { email: undefined, account: undefined, role: undefined });
  const tables = 'refract.session, refract.subject';
  const holding = queryOnce(database, `BEGIN; LOCK TABLE ${tables} /* held */; SELECT pg_sleep(5); COMMIT`);
  await vi.waitUntil(async () => {
    const held = "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'refract.session'::regclass";
    return (await queryOnce(database, held)).length > 0;
  });
  const subject = { kind: 'subject', id: 'many', email: undefined, account: undefined, role: undefined } as const;
  const work = Promise.all([
    store.count(),
    store.listSessions({}),
    store.revokeAll({ subjectId: 'many' }, 'requested'),
    store.importRows([{ ...subject, disabled: false }], true),
  ]);
  expect(await store.read('unknown').catch(String)).toMatch(/^RefractError \[unavailable\]: /);
  const [counts, sessions, revoked, imported] = await work;
  expect(counts.subjects).toBeGreaterThan(0);
  expect(sessions.length).toBeGreaterThan(0);
  expect([revoked, imported]).toEqual([0, ['kept']]);
  await holding;
});

test('close() resolves soon while work on many rows is in flight', async () => {
  const silent = await startDatabaseProxy(database);
  onTestFinished(silent.stop);
  const store = await openPostgresStore({ url: silent.url, poolSize: 2 });
  const other = new pg.Client(database);
  await other.connect();
  onTestFinished(() => other.end());
  await other.query('BEGIN; LOCK TABLE refract.key_set');
  const adding = store.addNextKeySet({ id: 'never', contract: 'fib', sealed: 'x.y.z' }).catch(String);
  await vi.waitUntil(async () => {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE%' AND wait_event_type = 'Lock'";
    return (await queryOnce(database, waiting)).length > 0;
  });
  silent.beSilent(true);
  const reading = store.read('unknown').catch(String);
  const since = performance.now();
  await store.close();
  expect(performance.now() - since).toBeLessThan(longest);
  for (const response of [await adding, await reading])
    expect(response).toMatch(/^RefractError \[unavailable\]: PostgreSQL: /);
});
