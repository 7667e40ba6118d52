// /readyz of the admin listener: whether the server is ready, and why not.
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { compose } from '../../src/app/app.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import type { ComposeOptions } from '../../src/app/refract.ts';
import { readConfig } from '../../src/config.ts';
import type { Store } from '../../src/store/store.ts';
import type { PublishingSigner } from '../../src/signer/signer.ts';
import { connectTo } from '../shared/database.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { send } from '../shared/refreshing.ts';
import { adminToken, startServer, type TestServerOptions } from '../shared/server.ts';
import { acceptsNoMore, call, type WireAnswer } from '../shared/wire.ts';

const ready = (origin: string): Promise<WireAnswer> => call(origin, { method: 'GET', path: '/readyz' });

/** Milliseconds between two checks of the store and the keys. */
const probePeriod = 1_000;
const followingPeriod = 1_000;

/** Advances the monotonic clock. */
function pass(milliseconds: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + milliseconds);
}

async function started(options: TestServerOptions = {}) {
  const server = await startServer({ admin: true, ...options });
  onTestFinished(server.stop);
  return server;
}

test('a serving server is ready, and reports it without a token', async () => {
  const server = await started();
  const adminOrigin = await server.adminOrigin();
  const { origin } = server;
  expect(await ready(adminOrigin)).toMatchObject({
    status: 200,
    body: 'ok\n',
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
  expect(await ready(origin), 'on the listener of the contracts').toMatchObject({ status: 404 });
});

describe('a server is not ready', () => {
  test('a server is not ready while another program locks the database', async () => {
    const server = await started();
    const adminOrigin = await server.adminOrigin();
    const { database } = server;
    const other = connectTo(database);
    other.exec('BEGIN IMMEDIATE');
    expect(await ready(adminOrigin)).toMatchObject({
      status: 503,
      body: 'store: The store cannot be used: SQLite: database is locked (SQLITE_BUSY).\n',
    });
    other.exec('ROLLBACK');
    pass(probePeriod);
    expect(await ready(adminOrigin)).toMatchObject({ status: 200 });
  });

  test('a server is not ready without an active key set or after a failed reload of keys', async () => {
    let signs = true;
    let loads = true;
    const wrapSigner = (signer: PublishingSigner): PublishingSigner => ({
      ...signer,
      activeKeyId: (contract) => {
        if (!signs && contract === 'fib') throw new RefractError('unavailable', 'fib has no active key set');
        return signer.activeKeyId(contract);
      },
      reload: () =>
        loads ? signer.reload() : Promise.reject(new RefractError('key', 'A key set of fib cannot be opened.')),
    });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const server = await started({ wrapSigner });
    onTestFinished(() => void vi.useRealTimers());
    const adminOrigin = await server.adminOrigin();
    signs = false;
    expect(await ready(adminOrigin)).toMatchObject({
      status: 503,
      body: 'keys: Tokens cannot be signed: fib has no active key set.\n',
    });
    signs = true;
    loads = false;
    await vi.advanceTimersByTimeAsync(followingPeriod);
    expect(await ready(adminOrigin)).toMatchObject({
      status: 503,
      body: 'keys: The keys could not be reloaded: A key set of fib cannot be opened.\n',
    });
    loads = true;
    await vi.advanceTimersByTimeAsync(followingPeriod);
    expect(await ready(adminOrigin)).toMatchObject({ status: 200 });
  });

  test('a server is not ready before its contracts are served', async () => {
    const refract = await composed();
    const origin = await refract.listenAdmin();
    expect(await ready(origin)).toMatchObject({ status: 503, body: 'contracts: The contracts are not served yet.\n' });
    await refract.listen();
    expect(await ready(origin)).toMatchObject({ status: 200 });
  });

  test.for(['admin first', 'admin last'] as const)(
    'a stopping server is not ready while requests are in flight (%s)',
    async (order) => {
      const gate = Promise.withResolvers<undefined>();
      const asked = Promise.withResolvers<undefined>();
      const refract = await composed({
        wrapStore: (store: Store) => ({
          ...store,
          read: async (id) => {
            asked.resolve(undefined);
            await gate.promise;
            return store.read(id);
          },
        }),
      });
      const adminFirst = order === 'admin first' ? await refract.listenAdmin() : '';
      const origin = await refract.listen();
      const admin = order === 'admin last' ? await refract.listenAdmin() : adminFirst;
      await refract.store.putSubject('bob', { email: undefined, account: undefined, role: undefined });
      const issued = await refract.issue('xerial', 'bob');
      const answer = send(origin, 'xerial', issued.kind === 'issued' ? issued.grant.refresh.token : '');
      await asked.promise;
      const closed = refract.close();
      expect(await ready(admin)).toMatchObject({ status: 503, body: 'contracts: The server is stopping.\n' });
      await acceptsNoMore(origin);
      gate.resolve(undefined);
      expect(await answer).toMatchObject({ status: 200 });
      await closed;
      await expect(ready(admin)).rejects.toThrow('ECONNREFUSED');
    },
  );
});

test('the readiness check probes the store at intervals, not for every request', async () => {
  let probes = 0;
  const wrapStore = (store: Store): Store => ({
    ...store,
    probe: () => {
      probes += 1;
      return store.probe();
    },
  });
  const server = await started({ wrapStore });
  const adminOrigin = await server.adminOrigin();
  await Promise.all([1, 2, 3, 4, 5].map(() => ready(adminOrigin)));
  expect(probes).toBe(1);
});

async function composed(options?: ComposeOptions) {
  const contracts = await loadContracts();
  const names = contracts.map(({ name }) => name);
  const flags = { port: '0', adminPort: '0', database: join(temporaryFolder(), 'r.db') };
  const refract = await compose(readConfig(names, flags, { REFRACT_ADMIN_TOKEN: adminToken }), contracts, options);
  onTestFinished(refract.close);
  return refract;
}
