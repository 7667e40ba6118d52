// Starts the peers, each in a process of its own; their packages are installed when somebody measures, and not before.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { OtherCall } from '../load.ts';
import type { Target, Targets } from '../targets.ts';
import { glewlwydToken, startGlewlwyd } from './glewlwyd.ts';
import type { PeerServed } from './peer.ts';

export interface Peers extends Targets {
  /** What is not there, and how to have it: a sentence for each. */
  readonly missing: readonly string[];
}

const bench = dirname(import.meta.dirname);

/** The program of each, what it is told beside the rest, and where it keeps its tokens. */
const peers = [
  { name: 'oidc-provider', program: 'oidc-provider.ts', told: [], places: ['memory', 'sqlite'] },
  { name: 'oauth2-server', program: 'oauth2-server.ts', told: [], places: ['memory', 'sqlite'] },
  { name: 'oauth2-server bare', program: 'oauth2-server.ts', told: ['bare'], places: ['sqlite'] },
] as const;
const formats = ['jwt', 'opaque'] as const;

/** @param folder where those that are durable keep their files */
export async function startPeers(folder: string, clients: number): Promise<Peers> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0)) await one();
  };
  const all: Target[] = [];
  const add = (name: string, path: string, { origin, tokens, pid, end }: Running): void => {
    stops.push(end);
    all.push({ name: `${name} ${String(clients)}`, contract: 'xerial', origin, tokens, pid, call: callAt(path) });
  };
  try {
    const isInstalled = install();
    for (const { name, program, told, places } of isInstalled ? peers : []) {
      for (const [place, format] of places.flatMap((one) => formats.map((other) => [one, other] as const))) {
        const kept = place === 'memory' ? place : join(folder, `${name}-${format}.db`);
        add(`${name} ${place} ${format}`, '/token', await startPeer(program, [kept, format, String(clients), ...told]));
      }
    }
    const glewlwyd = await startGlewlwyd(folder, clients);
    if (glewlwyd !== undefined) add('glewlwyd sqlite jwt', glewlwydToken, glewlwyd);
    const missing = [];
    if (!isInstalled) missing.push('The peers of scripts/bench are not measured: npm ci failed there, see above.');
    if (glewlwyd === undefined) {
      missing.push("glewlwyd is not measured: Debian's packages glewlwyd and dbconfig-sqlite3 are not installed.");
    }
    return { all, stop, missing };
  } catch (reason) {
    await stop();
    throw reason;
  }
}

/** RFC 6749 §6, for a public client. */
function callAt(path: string): OtherCall {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `grant_type=refresh_token${path === glewlwydToken ? '' : '&client_id=bench'}&refresh_token=TOKEN`,
    successor: 'refresh_token',
  };
}

/** Nobody else needs them: neither the package nor the tests, which is why the root does not know them. @returns whether they are there */
function install(): boolean {
  const wanted = createHash('sha256')
    .update(readFileSync(join(bench, 'package-lock.json')))
    .digest('hex');
  const stamp = join(bench, 'node_modules', '.refract-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  console.error('Installing the peers of the bench in scripts/bench (once, 4 MB) …');
  const npm = process.env['npm_execpath'];
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const flags = ['ci', '--ignore-scripts', '--loglevel=error', '--no-fund', '--no-audit'];
  const { status } = spawnSync(command, [...first, ...flags], {
    cwd: bench,
    stdio: ['ignore', 2, 2],
    // npm hands its own script's settings down; the folder given here must win over them.
    env: { ...process.env, npm_config_local_prefix: bench },
  });
  if (status !== 0) return false;
  writeFileSync(stamp, wanted);
  return true;
}

interface Running extends PeerServed {
  readonly pid: number;
  readonly end: () => Promise<void>;
}

async function startPeer(program: string, told: readonly string[]): Promise<Running> {
  const path = join(import.meta.dirname, program);
  const child = spawn(process.execPath, [path, ...told], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = (complaints + String(chunk)).slice(-2000)));
  const line = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
      if (printed.endsWith('\n')) resolve(printed);
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${program} ended with ${String(code)}: ${complaints}`)));
  });
  // Written by `served` of the program.
  return { ...(JSON.parse(line) as PeerServed), pid: child.pid ?? 0, end };
}
