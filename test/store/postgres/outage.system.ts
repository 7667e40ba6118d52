// PostgreSQL fails under a running server: a statement is retried, or the server responds 503, never 401. Tests that wait
// for timeouts are in timeouts.system.ts.
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startDatabaseProxy, type DatabaseProxy } from '../../shared/database-proxy.ts';
import { createDatabaseOn, queryOnce, startEmbedded, type EmbeddedServer } from '../../shared/postgres.ts';
import { isGranted, refresh, refreshTokenIn, send } from '../../shared/refreshing.ts';
import { startServer, type TestServer } from '../../shared/server.ts';
import { claimsOf, segment, withSegment } from '../../shared/tokens.ts';
import { call, json } from '../../shared/wire.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let postgres: EmbeddedServer;
let proxy: DatabaseProxy;
let server: TestServer;
/** Without the proxy. */
let database: string;

const started = (url: string, environment: Readonly<Record<string, string>> = {}): Promise<TestServer> =>
  startServer({
    admin: true,
    environment: {
      DATABASE_URL: url,
      REFRACT_MASTER_SECRET: 'a master secret that is only for this test',
      ...environment,
    },
  });

beforeAll(async () => {
  postgres = await startEmbedded();
  database = await createDatabaseOn(postgres.url);
  proxy = await startDatabaseProxy(database);
  server = await started(proxy.url);
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

/** Makes the next changes of a session raise an error with the code. */
async function raising(code: string, times: number): Promise<void> {
  await queryOnce(
    database,
    `CREATE SEQUENCE raised;
     CREATE FUNCTION raising() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF nextval('raised') <= ${String(times)} THEN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${code}'; END IF;
       RETURN NEW;
     END $$;
     CREATE TRIGGER raising BEFORE UPDATE ON refract.session FOR EACH ROW EXECUTE FUNCTION raising()`,
  );
  onTestFinished(async () => {
    await queryOnce(database, 'DROP FUNCTION raising CASCADE; DROP SEQUENCE raised');
  });
}

/** Reads the generation of the session of a token. */
async function generationOf(token: string): Promise<unknown> {
  const { sid } = claimsOf(token);
  return queryOnce(database, 'SELECT generation::int FROM refract.session WHERE id = $1', [sid]);
}

test('refreshes and admin calls succeed after all connections were ended', async () => {
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

test.each(['40001', '40P01', '55P03'])('a refresh that fails with %s is retried and granted', async (code) => {
  const token = await server.issue('fib');
  await raising(code, 3);
  await refresh(server.origin, 'fib', token);
  expect(await generationOf(token)).toEqual([{ generation: 1 }]);
});

test.each(['fib', 'xerial', 'cloudreve'] as const)(
  '%s: a full disk is a 503, and later the same token is granted',
  async (contract) => {
    const token = await server.issue(contract);
    await raising('53100', 1);
    expect(await send(server.origin, contract, token)).toMatchObject(unavailable);
    expect(server.engineEvents).toContainEqual(
      expect.objectContaining({ type: 'unavailable', cause: 'PostgreSQL: on purpose (53100)' }),
    );
    expect(await generationOf(token)).toEqual([{ generation: 0 }]);
    await refresh(server.origin, contract, token);
  },
);

test('a retry after a lost response returns the committed successor', async () => {
  const first = await refresh(server.origin, 'xerial', await server.issue('xerial'));
  const before = proxy.lost();
  proxy.loseAnswer('refract_rotate', 'UPDATE 1');
  const response = await send(server.origin, 'xerial', first);
  expect(proxy.lost()).toBe(before + 1);
  expect(isGranted('xerial', response)).toBe(true);
  expect(await generationOf(first)).toEqual([{ generation: 2 }]);
  const successor = refreshTokenIn('xerial', json(response));
  expect(await refresh(server.origin, 'xerial', first)).toBe(successor);
  await refresh(server.origin, 'xerial', successor);
});

test('a retry after a lost response is no reuse, even without a grace period', async () => {
  const strict = await started(proxy.url, { REFRACT_XERIAL_GRACE_PERIOD: '0' });
  onTestFinished(strict.stop);
  const token = await strict.issue('xerial');
  const before = proxy.lost();
  proxy.loseAnswer('refract_rotate', 'UPDATE 1');
  const successor = await refresh(strict.origin, 'xerial', token);
  expect(proxy.lost()).toBe(before + 1);
  const last = await refresh(strict.origin, 'xerial', successor);
  // A retry recognizes the rotation of another caller: the token presented twice ends the session.
  expect(isGranted('xerial', await send(strict.origin, 'xerial', token))).toBe(false);
  expect(isGranted('xerial', await send(strict.origin, 'xerial', last))).toBe(false);
});

test('a session revoked while a response was lost stays revoked', async () => {
  const token = await server.issue('xerial');
  const { sid } = claimsOf(token);
  await queryOnce(
    database,
    `CREATE FUNCTION ending() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       UPDATE refract.session SET revoked_at = refract.now(), revoked_reason = 'requested' WHERE id = NEW.id;
       RETURN NULL;
     END $$;
     CREATE CONSTRAINT TRIGGER ending AFTER UPDATE ON refract.session DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW WHEN (NEW.revoked_at IS NULL) EXECUTE FUNCTION ending()`,
  );
  onTestFinished(async () => {
    await queryOnce(database, 'DROP FUNCTION ending CASCADE');
  });
  proxy.loseAnswer('refract_rotate', 'UPDATE 1');
  expect(isGranted('xerial', await send(server.origin, 'xerial', token))).toBe(false);
  expect(await generationOf(token)).toEqual([{ generation: 1 }]);
  expect(await queryOnce(database, 'SELECT revoked_reason FROM refract.session WHERE id = $1', [sid])).toEqual([
    { revoked_reason: 'requested' },
  ]);
});

test('issue() is not retried after a lost response', async () => {
  await server.issue('xerial', 'issued once');
  const before = proxy.lost();
  proxy.loseAnswer('refract_issue', 'SELECT 1');
  await expect(server.issue('xerial', 'issued once')).rejects.toThrow(/^PostgreSQL: /);
  expect(proxy.lost()).toBe(before + 1);
  expect(await server.refract.store.listSessions({ subjectId: 'issued once' })).toHaveLength(2);
});

test('a changed password is a 503 at the next new connection, without naming it', async () => {
  const own = await createDatabaseOn(postgres.url);
  await queryOnce(own, `CREATE ROLE rotated LOGIN PASSWORD 'a first word'`);
  await queryOnce(own, `GRANT ALL ON DATABASE ${new URL(own).pathname.slice(1)} TO rotated`);
  const url = Object.assign(new URL(own), { username: 'rotated', password: 'a first word' });
  const other = await started(url.href);
  onTestFinished(other.stop);
  const token = await other.issue('orillion');
  await queryOnce(own, `ALTER ROLE rotated PASSWORD 'a second word'`);
  await refresh(other.origin, 'orillion', token);
  await queryOnce(own, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'`);
  const response = await send(other.origin, 'orillion', token);
  expect(response).toMatchObject(unavailable);
  const readiness = await call(await other.adminOrigin(), { method: 'GET', path: '/readyz' });
  expect(readiness).toMatchObject({ status: 503 });
  expect(readiness.body).toMatch(/store: The store cannot be used: .*password authentication failed/);
  expect(JSON.stringify([readiness, other.engineEvents])).not.toMatch(/first word|first%20word/);
  await queryOnce(own, `ALTER ROLE rotated PASSWORD 'a first word'`);
  await refresh(other.origin, 'orillion', token);
});

test('a token of an unknown key is a 503 while keys cannot be read', async () => {
  const header = segment({ alg: 'EdDSA', typ: 'JWT', kid: 'made by another a moment ago' });
  const token = withSegment(await server.issue('fib'), 0, header);
  expect(await send(server.origin, 'fib', token)).toMatchObject({ status: 401 });
  await queryOnce(database, 'ALTER TABLE refract.key_set RENAME TO taken_away');
  await vi.waitUntil(async () => (await send(server.origin, 'fib', token)).status === 503, { timeout: 5_000 });
  // Before the keys are reloaded.
  expect(await send(server.origin, 'fib', token)).toMatchObject(unavailable);
  await queryOnce(database, 'ALTER TABLE refract.taken_away RENAME TO key_set');
  await vi.waitUntil(async () => (await send(server.origin, 'fib', token)).status === 401, { timeout: 5_000 });
});
