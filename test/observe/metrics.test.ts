// The metrics of a real server in Prometheus' format: every request is counted once, by its outcome.
import { describe, expect, onTestFinished, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { createMeter } from '../../src/observe/outcomes.ts';
import type { Store } from '../../src/store/store.ts';
import { changeReplies } from '../shared/changed-replies.ts';
import { readMetrics, type Exposition } from '../shared/exposition.ts';
import { breakableSigner, refusedTokens, spoil } from '../shared/provoking.ts';
import { callFor, contracts, refresh, send } from '../shared/refreshing.ts';
import { adminToken, startServer, type TestServer, type TestServerOptions } from '../shared/server.ts';
import { claimsOf } from '../shared/tokens.ts';
import { call } from '../shared/wire.ts';

async function started(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer({ admin: true, ...options });
  onTestFinished(server.stop);
  return server;
}

/** Returns the series of the counter above zero, as `contract outcome reason`. */
function refreshCounts({ samples }: Exposition): Record<string, number> {
  const counted = samples.filter(({ name, value }) => name === 'refract_refreshes_total' && value > 0);
  return Object.fromEntries(
    counted.map(({ labels, value }) => [
      [labels['contract'], labels['outcome'], labels['reason']].filter((part) => part !== '').join(' '),
      value,
    ]),
  );
}

describe('refract_refreshes_total counts a request once', () => {
  test('refract_refreshes_total counts a rotation, repeat or renewal once', async () => {
    const server = await started();
    const token = await server.issue('xerial');
    await refresh(server.origin, 'xerial', token);
    await refresh(server.origin, 'xerial', token);
    await refresh(server.origin, 'xerial', token);
    await refresh(server.origin, 'kirjaswappi', await server.issue('kirjaswappi'));
    const metrics = await readMetrics(await server.adminOrigin());
    expect(refreshCounts(metrics)).toEqual({
      'xerial granted rotation': 1,
      'xerial granted repeat': 2,
      'kirjaswappi granted renewal': 1,
    });
    expect(metrics.valueOf('refract_refresh_duration_seconds_count', { contract: 'xerial' })).toBe(3);
    expect(metrics.valueOf('refract_refresh_duration_seconds_count', { contract: 'fib' })).toBe(0);
    expect(metrics.valueOf('refract_sessions_issued_total', { contract: 'xerial' })).toBe(1);
  });

  test('refract_refreshes_total counts a refusal once, by its kind', async () => {
    const server = await started();
    const tokens = refusedTokens(server, 'orillion', { sessionLifetime: 604_800, gracePeriod: 60 });
    for (const refused of Object.values(tokens)) await send(server.origin, 'orillion', await refused());
    const metrics = await readMetrics(await server.adminOrigin());
    const kinds = Object.keys(tokens);
    expect(kinds).toHaveLength(9);
    expect(refreshCounts(metrics)).toEqual({
      ...Object.fromEntries(kinds.map((kind) => [`orillion refused ${kind}`, 1])),
      // The rotation that superseded the reused token.
      'orillion granted rotation': 1,
    });
    expect(metrics.valueOf('refract_reuses_total', { contract: 'orillion' })).toBe(1);
  });

  test('refract_refreshes_total counts an invalid, unreadable or throttled request once', async () => {
    const server = await started({ environment: { REFRACT_FAILURE_LIMIT: '2' } });
    const xerial = callFor('xerial', 'token');
    await call(server.origin, { ...xerial, body: '{"refreshToken":5}' });
    await call(server.origin, { ...xerial, body: ' '.repeat(20_000) });
    await call(server.origin, { method: 'PATCH', path: callFor('fib', 'token').path });
    await send(server.origin, 'xerial', 'not.a.token');
    await send(server.origin, 'xerial', 'not.a.token');
    expect(refreshCounts(await readMetrics(await server.adminOrigin()))).toEqual({
      'xerial violation': 1,
      'xerial unread': 1,
      'fib no_credential': 1,
      'xerial refused invalid_token': 1,
      'xerial throttled address': 1,
    });
  });

  test('refract_refreshes_total counts a request of a throttled session once', async () => {
    const server = await started({ environment: { REFRACT_SESSION_LIMIT: '1' } });
    const token = await server.issue('fib');
    await send(server.origin, 'fib', token);
    await send(server.origin, 'fib', token);
    expect(refreshCounts(await readMetrics(await server.adminOrigin()))).toEqual({
      'fib granted rotation': 1,
      'fib throttled session': 1,
    });
  });

  test('refract_refreshes_total counts a fault if the granted response is invalid', async () => {
    const broken = (await loadContracts()).map((loaded) =>
      changeReplies(loaded, (reply) => (reply.status === 200 ? { ...reply, body: {} } : reply)),
    );
    const server = await started({ contracts: broken });
    await send(server.origin, 'xerial', await server.issue('xerial'));
    expect(refreshCounts(await readMetrics(await server.adminOrigin()))).toEqual({ 'xerial fault': 1 });
  });

  test('refract_refreshes_total counts an unavailable or faulty signer once', async () => {
    let reason: Error = new RefractError('unavailable', 'on purpose');
    const signer = breakableSigner(() => Promise.reject(reason));
    const server = await started({ wrapSigner: signer.wrapSigner });
    const token = await server.issue('fib');
    signer.isBroken = true;
    await send(server.origin, 'fib', token);
    reason = new TypeError('on purpose');
    await send(server.origin, 'fib', token);
    expect(refreshCounts(await readMetrics(await server.adminOrigin()))).toEqual({
      'fib unavailable': 1,
      'fib fault': 1,
    });
  });
});

describe('/metrics', () => {
  test('/metrics has type, help and a conventional name for every metric', async () => {
    const server = await started();
    const token = await server.issue('fib', 'a-subject');
    await refresh(server.origin, 'fib', token);
    await server.refract.administration.revokeSessions({ subjectId: 'a-subject' }, { actor: 'tester' });
    const { text, samples, types, helps } = await readMetrics(await server.adminOrigin());
    expect([...types.keys()].sort()).toEqual([...helps.keys()].sort());
    for (const [name, type] of types) {
      expect(name).toMatch(/^(refract|process|nodejs)_/);
      if (!name.startsWith('refract_')) continue;
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(helps.get(name), name).toMatch(/^[A-Z].*\.$/);
    }
    const own = samples.filter(({ name }) => name.startsWith('refract_'));
    expect(new Set(own.flatMap(({ labels }) => Object.keys(labels)))).toEqual(
      new Set(['contract', 'outcome', 'reason', 'operation', 'state', 'part', 'le']),
    );
    for (const secret of [token, String(claimsOf(token)['sid']), 'a-subject', adminToken, 'tester']) {
      expect(text).not.toContain(secret);
    }
  });

  test('/metrics is Prometheus text without a token, on the admin listener only', async () => {
    const server = await started();
    const response = await call(await server.adminOrigin(), { method: 'GET', path: '/metrics' });
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(await call(server.origin, { method: 'GET', path: '/metrics' })).toMatchObject({ status: 404 });
    expect(await call(await server.adminOrigin(), { method: 'POST', path: '/metrics' })).toMatchObject({ status: 405 });
  });

  test('/metrics starts every outcome of every contract at zero', async () => {
    const { samples } = await readMetrics(await (await started()).adminOrigin());
    const series = samples.filter(({ name }) => name === 'refract_refreshes_total');
    expect(series).toHaveLength(contracts.length * (3 + 9 + 7));
    expect(series.every(({ value }) => value === 0)).toBe(true);
  });

  test('/metrics has the size of group commits and the times of store and signer', async () => {
    // The readiness metric writes to the store.
    const wrapStore = (store: Store): Store => ({ ...store, probe: () => Promise.resolve() });
    const server = await started({ wrapStore });
    const tokens = await Promise.all(['a', 'b', 'c', 'd'].map((subject) => server.issue('xerial', subject)));
    const before = await readMetrics(await server.adminOrigin());
    await Promise.all(tokens.map((token) => refresh(server.origin, 'xerial', token)));
    const after = await readMetrics(await server.adminOrigin());
    const grown = (name: string, labels = {}): number =>
      (after.valueOf(name, labels) ?? 0) - (before.valueOf(name, labels) ?? 0);
    expect(grown('refract_group_commit_writes_sum')).toBe(4);
    expect(grown('refract_group_commit_writes_count')).toBe(grown('refract_group_commit_duration_seconds_count'));
    expect(grown('refract_group_commit_duration_seconds_sum')).toBeGreaterThan(0);
    expect(grown('refract_store_read_duration_seconds_count')).toBe(4);
    expect(grown('refract_signer_duration_seconds_count', { operation: 'verify' })).toBe(4);
    expect(grown('refract_signer_duration_seconds_count', { operation: 'sign' })).toBe(8);
  });

  test('/metrics counts a token of a generation that the store has lost', async () => {
    const server = await started();
    const ahead = claimsOf(await server.issue('fib'));
    server.clock.now += 5;
    const token = await server.sign('fib', { ...ahead, gen: 3, iat: server.clock.now });
    await refresh(server.origin, 'fib', token);
    const metrics = await readMetrics(await server.adminOrigin());
    expect(metrics.valueOf('refract_store_behind_total', { contract: 'fib' })).toBe(1);
    expect(metrics.valueOf('refract_store_behind_total', { contract: 'orillion' })).toBe(0);
  });

  test('/metrics counts wrong admin tokens', async () => {
    const server = await started();
    const callAdmin = async (token: string) =>
      call(await server.adminOrigin(), {
        method: 'GET',
        path: '/admin/v1/statistics',
        headers: { authorization: `Bearer ${token}` },
      });
    await callAdmin('wrong');
    await callAdmin(adminToken);
    const metrics = await readMetrics(await server.adminOrigin());
    expect(metrics.valueOf('refract_admin_requests_total', { outcome: 'no_credential' })).toBe(1);
    expect(metrics.valueOf('refract_admin_requests_total', { outcome: 'answered' })).toBe(1);
    expect(refreshCounts(metrics)).toEqual({});
  });
});

describe('the metrics of the store', () => {
  test('/metrics counts sessions by contract and state, and caches them for some seconds', async () => {
    let counts = 0;
    const wrapStore = (store: Store): Store => ({
      ...store,
      count: () => {
        counts += 1;
        return store.count();
      },
    });
    const server = await started({ wrapStore });
    await server.issue('fib', 'ann');
    await server.issue('fib', 'ben');
    await server.issue('xerial', 'ann');
    await server.refract.store.revokeAll({ contract: 'xerial' }, 'requested');
    const all = await Promise.all([1, 2, 3, 4].map(async () => readMetrics(await server.adminOrigin())));
    expect(counts).toBe(1);
    for (const metrics of all) {
      expect(metrics.valueOf('refract_sessions', { contract: 'fib', state: 'living' })).toBe(2);
      expect(metrics.valueOf('refract_sessions', { contract: 'xerial', state: 'living' })).toBe(0);
      expect(metrics.valueOf('refract_sessions', { contract: 'xerial', state: 'revoked' })).toBe(1);
      expect(metrics.valueOf('refract_key_sets', { contract: 'fib', state: 'active' })).toBe(1);
    }
  });

  test('/metrics omits the metrics of an unreadable store, and keeps all others', async () => {
    const server = await started();
    const token = await server.issue('fib');
    spoil(server.database);
    await send(server.origin, 'fib', token);
    const metrics = await readMetrics(await server.adminOrigin());
    expect(metrics.samples.filter(({ name }) => name === 'refract_sessions')).toEqual([]);
    expect(refreshCounts(metrics)).toEqual({ 'fib unavailable': 1 });
    expect(metrics.valueOf('refract_ready', { part: 'store' })).toBe(0);
    expect(metrics.valueOf('refract_ready', { part: 'contracts' })).toBe(1);
  });

  test('/metrics counts audit events that could not be written', async () => {
    let isBroken = false;
    const wrapStore = (store: Store): Store => ({
      ...store,
      appendAudit: (events) =>
        isBroken ? Promise.reject(new RefractError('unavailable', 'on purpose')) : store.appendAudit(events),
    });
    const server = await started({ wrapStore });
    const lost = async () => (await readMetrics(await server.adminOrigin())).valueOf('refract_audit_events_lost_total');
    expect(await lost()).toBe(0);
    isBroken = true;
    await send(server.origin, 'fib', 'not.a.token');
    await send(server.origin, 'fib', 'not.a.token');
    await expect.poll(lost).toBe(2);
  });
});

test('measureStore() adds nothing to a read before the meter starts', async () => {
  const result = Promise.resolve({ now: 0, session: undefined, subject: undefined });
  const { measureStore } = createMeter();
  // Only `read` is called.
  const store = measureStore({ read: () => result } as unknown as Store);
  expect(store.read('a')).toBe(result);
});
