// Several servers on one database: a change by one applies to all.
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { at } from '../../shared/at.ts';
import { createEmptyDatabase, createFileDatabase } from '../../shared/databases.ts';
import { setClock } from '../../shared/postgres.ts';
import { contracts, isGranted, refresh, refreshTokenIn, send } from '../../shared/refreshing.ts';
import { adminToken, startServer, type TestServer } from '../../shared/server.ts';
import { headerOf } from '../../shared/tokens.ts';
import { call, json } from '../../shared/wire.ts';
import { countRoundTrips } from '../../shared/wire-counter.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let instances: readonly [TestServer, TestServer, TestServer];
let database: string;

const started = (url: string): Promise<TestServer> =>
  startServer({
    environment: { DATABASE_URL: url, REFRACT_MASTER_SECRET: 'a master secret that all instances share' },
  });

beforeAll(async () => {
  database = await createFileDatabase();
  // Concurrently, on an empty database.
  instances = await Promise.all([started(database), started(database), started(database)]);
});
afterAll(async () => {
  await Promise.all(instances.map(({ stop }) => stop()));
});

test('instances that start at once create one schema and one key set per contract', async () => {
  const [first, ...others] = await Promise.all(instances.map(({ refract }) => refract.administration.listKeySets()));
  expect(first?.map(({ contract, state }) => `${contract} ${state}`).sort()).toEqual(
    contracts.map((contract) => `${contract} active`),
  );
  expect(others).toEqual([first, first]);
});

/** Waits up to two seconds: an instance without the new keys may respond 503. */
function eventually(isSo: () => Promise<boolean>): Promise<unknown> {
  return vi.waitUntil(() => isSo().catch(() => false), { timeout: 2_000 });
}

describe.each(contracts)('%s', (contract) => {
  const policy = { fib: 'single-use', orillion: 'single-use', xerial: 'single-use', cloudreve: 'reusable' };

  test('a hundred identical refreshes on three instances return one successor', async () => {
    const token = await instances[0].issue(contract);
    const responses = await Promise.all(
      Array.from({ length: 100 }, (_, index) => send((instances[index % 3] ?? instances[0]).origin, contract, token)),
    );
    expect(responses.filter((response) => !isGranted(contract, response))).toEqual([]);
    if (contract in policy) {
      expect(new Set(responses.map((response) => refreshTokenIn(contract, json(response)))).size).toBe(1);
    }
  });

  test('each instance refreshes tokens of the others', async () => {
    let token = await instances[0].issue(contract);
    for (let round = 0; round < 10; round += 1) {
      for (const { origin } of instances) token = await refresh(origin, contract, token);
    }
  });

  test('all instances refuse a session that one revoked, even in the grace period', async () => {
    const subjectId = `revoked of ${contract}`;
    const old = await instances[0].issue(contract, subjectId);
    const token = await refresh(instances[1].origin, contract, old);
    const [session] = await instances[2].refract.store.listSessions({ subjectId });
    await instances[2].refract.store.revoke(session?.id ?? '', 'requested');
    for (const { origin } of instances) {
      for (const presented of [token, old]) {
        expect(isGranted(contract, await send(origin, contract, presented))).toBe(false);
      }
    }
  });

  test('all instances refuse a subject that one disabled until it is enabled', async () => {
    const token = await instances[0].issue(contract, `subject of ${contract}`);
    await instances[1].refract.store.disableSubject(`subject of ${contract}`);
    for (const { origin } of instances) expect(isGranted(contract, await send(origin, contract, token))).toBe(false);
    await instances[2].refract.store.enableSubject(`subject of ${contract}`);
    for (const { origin } of instances) expect(isGranted(contract, await send(origin, contract, token))).toBe(true);
  });

  test('all instances accept tokens of the old and of the new key set at once', async () => {
    const old = await instances[0].issue(contract);
    const before = headerOf(old)['kid'];
    await instances[1].refract.administration.addKeySet(contract, {}, { actor: 'test' });
    await instances[1].refract.administration.rotateKeySet(contract, true, { actor: 'test' });
    // Signed under the new key set by the instance that rotated it, before the others know of it.
    const fresh = await instances[1].issue(contract);
    expect(headerOf(fresh)['kid']).not.toBe(before);
    for (const { origin } of instances) {
      expect(isGranted(contract, await send(origin, contract, fresh))).toBe(true);
      expect(isGranted(contract, await send(origin, contract, old))).toBe(true);
    }
    await eventually(async () => {
      const issued = await Promise.all(instances.map(({ issue }) => issue(contract)));
      return issued.every((token) => headerOf(token)['kid'] === headerOf(fresh)['kid']);
    });
  });

  test('all instances refuse older tokens after a compromise on one of them', async () => {
    const token = await instances[0].issue(contract);
    await instances[2].refract.administration.compromiseKeySets(contract, { actor: 'test' });
    for (const { origin } of instances) expect(isGranted(contract, await send(origin, contract, token))).toBe(false);
    await eventually(async () => {
      const fresh = await Promise.all(instances.map(({ issue }) => issue(contract)));
      const responses = await Promise.all(
        fresh.map((each, index) => send(instances[(index + 1) % 3]?.origin ?? '', contract, each)),
      );
      return responses.every((response) => isGranted(contract, response));
    });
  });
});

test('all instances use the clock of the database', async () => {
  const url = await createEmptyDatabase();
  const [one, other] = await Promise.all([started(url), started(url)]);
  onTestFinished(async () => {
    await one.stop();
    await other.stop();
  });
  await setClock(url, 1_900_000_000);
  const token = await one.issue('xerial');
  expect(isGranted('xerial', await send(other.origin, 'xerial', token))).toBe(true);
  await setClock(url, 1_900_000_000 + 60);
  expect(isGranted('xerial', await send(other.origin, 'xerial', token))).toBe(false);
  expect(await one.refract.store.listSessions({})).toMatchObject([
    { createdAt: 1_900_000_000, revokedAt: 1_900_000_060, revokedReason: 'reused_token' },
  ]);
});

test.each([
  ['xerial', 2],
  ['fib', 2],
  ['cloudreve', 2],
  ['kirjaswappi', 1],
] as const)('a common refresh of %s costs %i round trips to the database', async (contract, most) => {
  const counter = await countRoundTrips(await createEmptyDatabase());
  const server = await started(counter.url);
  onTestFinished(async () => {
    await server.stop();
    await counter.stop();
  });
  let token = await refresh(server.origin, contract, await server.issue(contract));
  const rounds = 20;
  // The keys are reloaded once a second, which is another round trip.
  let fewest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    counter.roundTrips();
    token = await refresh(server.origin, contract, token);
    fewest = Math.min(fewest, counter.roundTrips());
  }
  expect(fewest).toBe(most);
});

test('the admin listener of each instance shows changes by the others', async () => {
  await instances[0].refract.store.putSubject('seen everywhere', { email: undefined, account: undefined, role: 'r' });
  const response = await call(await instances[1].adminOrigin(), {
    method: 'GET',
    path: '/admin/v1/subjects/seen%20everywhere',
    headers: { authorization: `Bearer ${adminToken}` },
  });
  expect([response.status, at(json(response), 'role')]).toEqual([200, 'r']);
});
