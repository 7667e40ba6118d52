// Connecting to PostgreSQL: addresses, messages and retries.
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openConnections, type Connections } from '../../../src/store/postgres/connections.ts';
import { describeAddress } from '../../../src/store/postgres/address.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { createDatabaseOn, queryOnce, startEmbedded, type EmbeddedServer } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let postgres: EmbeddedServer;
let database: string;
beforeAll(async () => {
  postgres = await startEmbedded(['-c', `unix_socket_directories=${tmpdir()}`]);
  const rules = join(postgres.dataFolder, 'pg_hba.conf');
  // PostgreSQL's own default.
  writeFileSync(rules, readFileSync(rules, 'utf8').replaceAll(/\bpassword$/gm, 'scram-sha-256'));
  await queryOnce(postgres.url, 'SELECT pg_reload_conf()');
  database = await createDatabaseOn(postgres.url);
});
afterAll(() => postgres.stop());
beforeEach(() => {
  vi.stubEnv('PGPASSWORD', undefined);
  vi.stubEnv('PGPASSFILE', '/dev/null/none');
});

function openForTest(url: string): Connections {
  const connections = openConnections(url, 1);
  onTestFinished(connections.close);
  return connections;
}

async function tryToOpen(url: string): Promise<string> {
  return openPostgresStore({ url, poolSize: 1 }).then(async (store) => {
    await store.close();
    return 'was opened';
  }, String);
}

/** Forwards `most` connections to PostgreSQL, and never responds to later ones. */
async function startLimitedProxy(
  most: number,
): Promise<{ readonly url: string; readonly countConnections: () => number }> {
  let connections = 0;
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    connections += 1;
    sockets.push(client.on('error', () => undefined));
    if (connections > most) return;
    const target = connect(postgres.port, '127.0.0.1').on('error', () => undefined);
    client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  return { url: Object.assign(new URL(database), { port }).href, countConnections: () => connections };
}

const withoutPassword = (): string => Object.assign(new URL(database), { password: '' }).href;

test('a missing password is reported with the places to put it', async () => {
  expect(await tryToOpen(withoutPassword())).toMatch(
    /PostgreSQL: the server requires a password; put it into the address, PGPASSWORD or ~\/\.pgpass\.$/,
  );
});

test('a password is read from PGPASSWORD and ~/.pgpass', async () => {
  const { password } = new URL(database);
  const file = join(temporaryFolder(), 'pgpass');
  writeFileSync(file, `127.0.0.1:*:*:postgres:${password}\n`, { mode: 0o600 });
  vi.stubEnv('PGPASSFILE', file);
  expect(await tryToOpen(withoutPassword())).toBe('was opened');
  vi.stubEnv('PGPASSFILE', '/dev/null/none');
  vi.stubEnv('PGPASSWORD', password);
  expect(await tryToOpen(withoutPassword())).toBe('was opened');
});

test('an address may name the folder of a socket as its host', async () => {
  const { username, password, port, pathname } = new URL(database);
  const folder = encodeURIComponent(tmpdir());
  const url = `postgres://${username}:${password}@${folder}:${port}${pathname}`;
  expect(await tryToOpen(url)).toBe('was opened');
  expect(describeAddress(url)).toBe(`${pathname.slice(1)} at ${tmpdir()}:${port}`);
});

test.each([
  ['a server without TLS', 'sslmode=require', 1, /The server does not support SSL connections\.$/],
  ['a missing certificate', 'sslrootcert=/nowhere/ca.pem', 0, /ENOENT: no such file .*\/nowhere\/ca\.pem/],
  ['a wrong password', 'password=wrong', 1, /password authentication failed/],
])('a failure that a retry cannot change is not retried: %s', async (_what, setting, times, sentence) => {
  const proxy = await startLimitedProxy(100);
  expect(await tryToOpen(`${proxy.url}?${setting}`)).toMatch(sentence);
  expect(proxy.countConnections()).toBe(times);
});

test('a retry that ran out of time reports the failure before it', async () => {
  await queryOnce(database, `CREATE ROLE crowded LOGIN PASSWORD 'a-word' CONNECTION LIMIT 0`);
  const proxy = await startLimitedProxy(1);
  const url = Object.assign(new URL(proxy.url), { username: 'crowded', password: 'a-word' }).href;
  expect(await tryToOpen(url)).toMatch(/too many connections for role "crowded" \(53300\)\.$/);
  expect(proxy.countConnections()).toBeGreaterThan(1);
});

test('an unescaped @ of a password is refused, and one in a setting is accepted', async () => {
  const opened = openForTest(`${database}?application_name=refract@here`);
  const { rows } = await opened.repeatable({ text: `SELECT current_setting('application_name') AS name` });
  expect(rows).toEqual([{ name: 'refract@here' }]);
  for (const rest of ['12/secret@127.0.0.1/x', '12?secret@127.0.0.1/x', '12?a=secret@127.0.0.1/x', '12#secret@h/x']) {
    const error = await tryToOpen(`postgres://refract:${rest}`);
    expect(error).toMatch(/^RefractError \[store\]: DATABASE_URL has an @ after its host: write/);
    expect(error).not.toContain('secret');
  }
});

test('a transaction is READ COMMITTED even if the database has another default', async () => {
  const options = encodeURIComponent('-c default_transaction_isolation=serializable');
  const { transaction } = openForTest(`${database}?options=${options}`);
  const { rows } = await transaction((run) => run({ text: 'SHOW transaction_isolation' }));
  expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
});

test('PostgreSQL ends the idle transaction of a silent process', async () => {
  const { transaction } = openForTest(database);
  const text = `SELECT current_setting('idle_in_transaction_session_timeout') AS longest`;
  expect((await transaction((run) => run({ text }))).rows).toEqual([{ longest: '10s' }]);
});

test('a connection uses TCP keep-alive', async () => {
  const setKeepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive');
  await openForTest(database).repeatable({ text: 'SELECT 1' });
  expect(setKeepAlive.mock.calls).toEqual([[true, 5_000]]);
});
