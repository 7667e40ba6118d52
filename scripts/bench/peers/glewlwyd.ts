// Glewlwyd of Debian's package, an OAuth server in C, as one that is compared with: its own SQLite file in WAL mode,
// refresh tokens for one use, access tokens signed with HS256. It commits every refresh alone.
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { listen } from '../../../src/http/listening.ts';
import { at } from '../../../test/shared/at.ts';
import { lifetimes, type PeerServed } from './peer.ts';

export interface GlewlwydServed extends PeerServed {
  readonly pid: number;
  readonly end: () => Promise<void>;
}

const program = '/usr/bin/glewlwyd';
const schema = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';

/** Of the first administrator, as the package's schema makes it. */
const administrator = { username: 'admin', password: 'password' };

/** Where a client refreshes. */
export const glewlwydToken = '/api/oidc/token';

/** Undefined where the package is not installed. */
export async function startGlewlwyd(parent: string, clients: number): Promise<GlewlwydServed | undefined> {
  if (!existsSync(program) || !existsSync(schema)) return undefined;
  const folder = join(parent, 'glewlwyd');
  mkdirSync(folder);
  prepare(join(folder, 'glewlwyd.db'));
  const port = await freePort();
  const origin = `http://127.0.0.1:${String(port)}`;
  writeFileSync(join(folder, 'glewlwyd.conf'), configurationOf(folder, origin, port));
  const child = spawn(program, ['-c', join(folder, 'glewlwyd.conf')], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const log = join(folder, 'glewlwyd.log');
    const isUp = async (): Promise<boolean> => {
      const answer = await fetch(`${origin}/config`).catch(() => undefined);
      return answer?.status === 200;
    };
    for (const until = Date.now() + 10_000; !(await isUp());) {
      if (Date.now() > until || child.exitCode !== null) {
        throw new Error(
          `glewlwyd did not start: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-500) : 'it said nothing'}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { origin, tokens: await issued(origin, clients), pid: child.pid ?? 0, end };
  } catch (reason) {
    await end();
    throw reason;
  }
}

function prepare(file: string): void {
  const database = new Database(file);
  database.exec(readFileSync(schema, 'utf8'));
  // It stays in the file. Durable at each commit is what SQLite is unless told otherwise, and it is not told.
  database.pragma('journal_mode = WAL');
  database.close();
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = new URL(await listen(server, 0, '127.0.0.1'));
  await new Promise((resolve) => server.close(resolve));
  return Number(port);
}

function configurationOf(folder: string, origin: string, port: number): string {
  const modules = ['user', 'client', 'user_auth_scheme', 'plugin'].map((kind) => {
    const place = kind === 'user_auth_scheme' ? 'scheme' : kind;
    return `${kind}_module_path="/usr/lib/glewlwyd/${place}"`;
  });
  return [
    `port=${String(port)}`,
    'bind_address="127.0.0.1"',
    `external_url="${origin}/"`,
    'login_url="login.html"',
    'api_prefix="api"',
    'log_mode="file"',
    'log_level="ERROR"',
    `log_file="${join(folder, 'glewlwyd.log')}"`,
    'cookie_secure=0',
    'admin_scope="g_admin"',
    'profile_scope="g_profile"',
    'session_key="GLEWLWYD2_SESSION_ID"',
    ...modules,
    'hash_algorithm="SHA512"',
    `database = { type = "sqlite3" path = "${join(folder, 'glewlwyd.db')}" };`,
    '',
  ].join('\n');
}

/** Sets up what the package leaves open, and signs in: without a client, which is a statement less for each refresh. */
async function issued(origin: string, clients: number): Promise<string[]> {
  let cookie = '';
  const post = async (path: string, body: object): Promise<Response> => {
    const headers = { 'content-type': 'application/json', cookie };
    const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`glewlwyd: ${path} ${String(answer.status)} ${await answer.text()}`);
    return answer;
  };
  const signedIn = await post('/api/auth/', administrator);
  cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  await post('/api/mod/plugin/', { module: 'oidc', name: 'oidc', display_name: 'oidc', order_rank: 0, parameters });
  const tokens: string[] = [];
  for (let index = 0; index < clients; index += 1) {
    const body = new URLSearchParams({ grant_type: 'password', scope: 'g_profile', ...administrator });
    const answer: unknown = await (await fetch(`${origin}${glewlwydToken}`, { method: 'POST', body })).json();
    const token = at(answer, 'refresh_token');
    if (typeof token !== 'string') throw new Error(`glewlwyd gave no refresh token: ${JSON.stringify(answer)}`);
    tokens.push(token);
  }
  return tokens;
}

const parameters = {
  iss: 'http://127.0.0.1',
  'jwt-type': 'sha',
  'jwt-key-size': '256',
  key: randomBytes(32).toString('hex'),
  'access-token-duration': lifetimes.access,
  'refresh-token-duration': lifetimes.refresh,
  'code-duration': 600,
  'refresh-token-rolling': true,
  'refresh-token-one-use': 'always',
  'allow-non-oidc': true,
  'auth-type-code-enabled': true,
  'auth-type-token-enabled': false,
  'auth-type-password-enabled': true,
  'auth-type-client-enabled': false,
  'auth-type-implicit-enabled': false,
  'auth-type-refresh-enabled': true,
};
