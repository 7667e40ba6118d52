// The way to PostgreSQL: how it may be written, what is said where there is none, and what is tried again.
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { connectionsTo, type Connections } from '../../../src/store/postgres/connections.ts';
import { placeOf } from '../../../src/store/postgres/place.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { createDatabaseOn, queryOnce, startEmbedded, type EmbeddedServer } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let postgres: EmbeddedServer;
let database: string;
beforeAll(async () => {
  postgres = await startEmbedded(['-c', `unix_socket_directories=${tmpdir()}`]);
  const rules = join(postgres.dataFolder, 'pg_hba.conf');
  // As PostgreSQL's own default is.
  writeFileSync(rules, readFileSync(rules, 'utf8').replaceAll(/\bpassword$/gm, 'scram-sha-256'));
  await queryOnce(postgres.url, 'SELECT pg_reload_conf()');
  database = await createDatabaseOn(postgres.url);
});
afterAll(() => postgres.stop());
beforeEach(() => {
  vi.stubEnv('PGPASSWORD', undefined);
  vi.stubEnv('PGPASSFILE', '/dev/null/none');
});

function connected(url: string): Connections {
  const connections = connectionsTo(url, 1);
  onTestFinished(connections.close);
  return connections;
}

async function refusal(url: string): Promise<string> {
  return openPostgresStore({ url, poolSize: 1 }).then(async (store) => {
    await store.close();
    return 'was opened';
  }, String);
}

/** Leads so many connections to PostgreSQL, and says nothing to those that come later. */
async function startDoor(most: number): Promise<{ readonly url: string; readonly knocked: () => number }> {
  let knocked = 0;
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    knocked += 1;
    sockets.push(near.on('error', () => undefined));
    if (knocked > most) return;
    const far = connect(postgres.port, '127.0.0.1').on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  return { url: Object.assign(new URL(database), { port }).href, knocked: () => knocked };
}

const withoutPassword = (): string => Object.assign(new URL(database), { password: '' }).href;

test('where a password is asked for and none is given, it is said where one is looked for', async () => {
  expect(await refusal(withoutPassword())).toMatch(
    /PostgreSQL: a password is asked for and none was given; put it into the address, PGPASSWORD or ~\/\.pgpass\.$/,
  );
});

test('and there it is found', async () => {
  const { password } = new URL(database);
  const file = join(temporaryFolder(), 'pgpass');
  writeFileSync(file, `127.0.0.1:*:*:postgres:${password}\n`, { mode: 0o600 });
  vi.stubEnv('PGPASSFILE', file);
  expect(await refusal(withoutPassword())).toBe('was opened');
  vi.stubEnv('PGPASSFILE', '/dev/null/none');
  vi.stubEnv('PGPASSWORD', password);
  expect(await refusal(withoutPassword())).toBe('was opened');
});

test('a socket is named by its folder in the place of the host, and printed as it is', async () => {
  const { username, password, port, pathname } = new URL(database);
  const folder = encodeURIComponent(tmpdir());
  const url = `postgres://${username}:${password}@${folder}:${port}${pathname}`;
  expect(await refusal(url)).toBe('was opened');
  expect(placeOf(url)).toBe(`${pathname.slice(1)} at ${tmpdir()}:${port}`);
});

test.each([
  ['a server without TLS', 'sslmode=require', 1, /The server does not support SSL connections\.$/],
  ['a certificate that is not there', 'sslrootcert=/nowhere/ca.pem', 0, /ENOENT: no such file .*\/nowhere\/ca\.pem/],
  ['a password that is wrong', 'password=wrong', 1, /password authentication failed/],
])('what another try would not change is tried once: %s', async (_what, setting, times, sentence) => {
  const door = await startDoor(100);
  expect(await refusal(`${door.url}?${setting}`)).toMatch(sentence);
  expect(door.knocked()).toBe(times);
});

test('where only the last try was cut short, it is said what the one before it found', async () => {
  await queryOnce(database, `CREATE ROLE crowded LOGIN PASSWORD 'a-word' CONNECTION LIMIT 0`);
  const door = await startDoor(1);
  const url = Object.assign(new URL(door.url), { username: 'crowded', password: 'a-word' }).href;
  expect(await refusal(url)).toMatch(/too many connections for role "crowded" \(53300\)\.$/);
  expect(door.knocked()).toBeGreaterThan(1);
});

test('an @ in a setting of the connection is none of a password, and one of a password is found and not printed', async () => {
  const named = connected(`${database}?application_name=refract@here`);
  const { rows } = await named.repeatable({ text: `SELECT current_setting('application_name') AS name` });
  expect(rows).toEqual([{ name: 'refract@here' }]);
  for (const rest of ['12/secret@127.0.0.1/x', '12?secret@127.0.0.1/x', '12?a=secret@127.0.0.1/x', '12#secret@h/x']) {
    const refused = await refusal(`postgres://refract:${rest}`);
    expect(refused).toMatch(/^RefractError \[store\]: DATABASE_URL has an @ after its host: write/);
    expect(refused).not.toContain('secret');
  }
});

test('statements of one transaction see what was committed meanwhile, whatever is usual in the database', async () => {
  const options = encodeURIComponent('-c default_transaction_isolation=serializable');
  const { transaction } = connected(`${database}?options=${options}`);
  const { rows } = await transaction((run) => run({ text: 'SHOW transaction_isolation' }));
  expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
});

test('PostgreSQL ends a transaction whose process says nothing any more, and so lets go of what it held', async () => {
  const { transaction } = connected(database);
  const text = `SELECT current_setting('idle_in_transaction_session_timeout') AS longest`;
  expect((await transaction((run) => run({ text }))).rows).toEqual([{ longest: '10s' }]);
});

test('a connection asks by itself whether the other machine is still there', async () => {
  const asking = vi.spyOn(Socket.prototype, 'setKeepAlive');
  await connected(database).repeatable({ text: 'SELECT 1' });
  expect(asking.mock.calls).toEqual([[true, 5_000]]);
});
