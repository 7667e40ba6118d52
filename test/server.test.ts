// `refract/server`: the server in another program.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as listener, type AddressInfo, type Server as Listener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createServer, type Server, type ServerOptions } from '../src/server.ts';
import { temporaryFolder } from './shared/folder.ts';
import { contracts, isGranted, refresh, send } from './shared/refreshing.ts';
import { call } from './shared/wire.ts';

// Each server compiles its documents.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const adminToken = 'an-admin-token-that-is-only-for-tests';
const settings = {
  PORT: '0',
  REFRACT_ADMIN_PORT: '0',
  REFRACT_ADMIN_TOKEN: adminToken,
  REFRACT_LOG_LEVEL: 'silent',
};

function settingsIn(folder: string): Record<string, string> {
  return { ...settings, REFRACT_DB: join(folder, 'refract.db') };
}

describe('a server of all contracts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'refract-test-'));
  let server: Server;
  beforeAll(async () => {
    // The environment is ignored; this value would be refused.
    vi.stubEnv('REFRACT_NOT_A_SETTING', 'x');
    server = await createServer({ settings: settingsIn(folder) });
    await server.putSubject('alice', { email: 'alice@example.com' });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test('an embedded server issues sessions that every contract refreshes over HTTP', async () => {
    for (const contract of contracts) {
      const { refreshToken, accessToken, expiresIn, answer } = await server.issue(contract, 'alice', 'laptop');
      expect(JSON.stringify(answer), contract).toContain(accessToken);
      expect(expiresIn, contract).toBeGreaterThan(0);
      await refresh(server.origin, contract, refreshToken);
    }
  });

  test('an embedded server records the program as the actor in the audit trail', async () => {
    const { sessionId } = await server.issue('xerial', 'alice');
    const headers = { authorization: `Bearer ${adminToken}` };
    const trail = await call(server.adminOrigin, { method: 'GET', path: '/admin/v1/audit', headers });
    const { events } = JSON.parse(trail.body) as { events: object[] };
    expect(events).toContainEqual(expect.objectContaining({ type: 'issued', sessionId, actor: 'program' }));
  });

  test('an embedded server revokes single sessions or all of a subject', async () => {
    await server.putSubject('bob');
    const tokens = await Promise.all([1, 2, 3].map(() => server.issue('fib', 'bob')));
    const [sessionId = ''] = tokens.map((one) => one.sessionId);
    expect(await server.revokeSession(sessionId)).toBe(true);
    expect(await server.revokeSession(sessionId)).toBe(false);
    expect(await server.revokeSubject('bob')).toBe(2);
    for (const { refreshToken } of tokens) {
      expect(isGranted('fib', await send(server.origin, 'fib', refreshToken))).toBe(false);
    }
  });

  test('an embedded server refuses a session of an unknown subject with one sentence', async () => {
    await expect(server.issue('fib', 'missing')).rejects.toThrow(/^There is no subject missing\.$/);
  });
});

test('an embedded server serves only the selected contracts, until close()', async () => {
  const server = await createServer({ contracts: ['xerial', 'xerial'], settings: settingsIn(temporaryFolder()) });
  onTestFinished(server.close);
  await server.putSubject('alice');
  await refresh(server.origin, 'xerial', (await server.issue('xerial', 'alice')).refreshToken);
  expect((await send(server.origin, 'fib', 'a.b.c')).status).toBe(404);
  await expect(server.issue('fib', 'alice')).rejects.toThrow(/^There is no contract fib; there are xerial\.$/);
  await server.close();
  await server.close();
  await expect(call(server.origin, { method: 'GET', path: '/healthz' })).rejects.toThrow('ECONNREFUSED');
  for (const late of [server.putSubject('bob'), server.issue('xerial', 'alice'), server.revokeSubject('alice')]) {
    await expect(late).rejects.toThrow(/^The server is closed\.$/);
  }
});

describe('is refused with one sentence:', () => {
  test.for<[what: string, options: (folder: string) => ServerOptions, sentence: RegExp]>([
    ['a contract there is not', () => ({ contracts: ['fob'] }), /^There is no contract fob; there are .*\.$/],
    [
      'a setting there is not',
      () => ({ settings: { REFRACT_DBB: 'x' } }),
      /^Unknown setting REFRACT_DBB\. Did you mean REFRACT_DB\?$/,
    ],
    ['a setting that does not fit', () => ({ settings: { PORT: 'any' } }), /^PORT must be a whole number .*"any"\.$/],
    [
      'an admin token that is too short',
      (folder) => ({ settings: { ...settingsIn(folder), REFRACT_ADMIN_TOKEN: 'short' } }),
      /^[^\n]*32 characters[^\n]*\.$/,
    ],
  ])('createServer() refuses with one sentence: %s', async ([, options, sentence]) => {
    await expect(createServer(options(temporaryFolder()))).rejects.toThrow(sentence);
  });
});

test('a server that fails on one port in use closes its other port', async () => {
  const [taken, other] = [await occupied(), await occupied()];
  const adminPort = portOf(other);
  await new Promise((resolve) => other.close(resolve));
  const ports = { PORT: portOf(taken), REFRACT_ADMIN_PORT: adminPort };
  const opening = createServer({ contracts: ['xerial'], settings: { ...settingsIn(temporaryFolder()), ...ports } });
  await expect(opening).rejects.toThrow('EADDRINUSE');
  const asked = call(`http://127.0.0.1:${adminPort}`, { method: 'GET', path: '/readyz' });
  await expect(asked).rejects.toThrow('ECONNREFUSED');
});

async function occupied(): Promise<Listener> {
  const server = listener();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Listener): string {
  // A TCP listener has a port.
  return String((server.address() as AddressInfo).port);
}
