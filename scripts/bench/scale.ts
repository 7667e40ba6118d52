// One server over databases of a thousand to millions of sessions: the cost of a refresh, the size and growth of the
// database, and the time of a start and of a purge.
import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from '../../test/shared/server-process.ts';
import { memoryOf, processorTimeOf } from '../machine.ts';
import { databaseIn, plant, tokensOf } from './planted.ts';
import { measureInTurn, saveFigures, saveResult, table } from './rounds.ts';
import { root, startRefract, targetOf, type Bench } from './targets.ts';

const contract = 'xerial' as const;
const clients = 64;

/** How many of the sessions are refreshed. */
const refreshed = 20_000;

/** Bytes of the database for a session and its subject; three times as much has to be free. */
const roomForOne = 500 * 3;

/** A database of one size, with its server. */
interface Size {
  readonly sessions: number;
  /** Further sessions that ended. */
  readonly ended: number;
  readonly folder: string;
  readonly server: ServerProcess;
  readonly bytes: { readonly all: number; readonly sessions: number; readonly subjects: number };
  /** Until the second start was ready. */
  readonly startMs: number;
  readonly startCpuMs: number;
  readonly idleMegabytes: number;
}

/** @returns the figures as text; they are also written to `var/bench` */
export async function measureScale(bench: Bench): Promise<string> {
  const { bavail, bsize } = statfsSync(bench.folder);
  const wanted = [1_000, 100_000, 1_000_000, ...(bench.isFull ? [10_000_000] : [])];
  const counts = wanted.filter((count) => count * roomForOne < bavail * bsize);
  const sizes: Size[] = [];
  for (const count of counts) sizes.push(await prepared(bench, count));
  const [smallest, ...larger] = sizes;
  if (smallest === undefined) throw new Error('The disk has no room for a database of a thousand sessions.');
  const targets = [];
  for (const { sessions, folder, server } of sizes) {
    const tokens = await tokensOf(folder, refreshed);
    const order = { origins: [server.origin], contract, tokens, clients: Math.min(clients, tokens.length) };
    targets.push(targetOf(nameOf(sessions), [server.pid], order));
  }
  const measured = await measureInTurn(bench, targets);
  const ratios = larger.map(({ sessions }) => ({
    of: `${nameOf(sessions)} ÷ 1 k`,
    upper: nameOf(sessions),
    lower: nameOf(smallest.sessions),
    ...(sessions === 1_000_000 && { wanted: '≥ 0.8' }),
  }));
  // After the rounds: a server that was loaded earlier would be warmer than the others.
  const growth = await growthOf(smallest);
  for (const { server } of sizes) await server.stop();
  const rows = sizes.map(({ server: _server, ...size }) => ({ ...size, purgeSeconds: purge(size) }));
  saveResult('scale-sizes.json', `${JSON.stringify({ rows, growth: growth.ratio }, undefined, 2)}\n`);
  return [
    saveFigures('scale', measured, ratios),
    '',
    tableOf(rows),
    '',
    `Growth after ${growth.each.toFixed(0)} refreshes of each of ${String(smallest.sessions)} sessions: ${((growth.ratio - 1) * 100).toFixed(1)} % (wanted: at most 5 %).`,
    'A session has a subject of its own here; wanted: at most 400 bytes for a session with its indexes, a start within 1500 ms, 200 MB idle.',
    ...wanted.filter((count) => !counts.includes(count)).map((count) => `No room on the disk for ${nameOf(count)}.`),
  ].join('\n');
}

function nameOf(sessions: number): string {
  return `refract ${sessions >= 1_000_000 ? `${String(sessions / 1_000_000)} M` : `${String(sessions / 1_000)} k`} sessions`;
}

async function prepared(bench: Bench, sessions: number): Promise<Size> {
  const folder = join(bench.folder, String(sessions));
  const ended = sessions / 10;
  const start = () => startRefract(bench, String(sessions), { environment: { REFRACT_PURGE_INTERVAL: '0' } });
  mkdirSync(folder);
  await plant(folder, sessions, ended);
  const bytes = bytesOf(folder);
  // The second start uses the compile cache of the first.
  await (await start()).stop();
  const since = performance.now();
  const server = await start();
  const { status } = await fetch(`${server.adminOrigin}/readyz`);
  const startMs = performance.now() - since;
  if (status !== 200) throw new Error(`the server is not ready: ${String(status)}`);
  const startCpuMs = processorTimeOf(server.pid) * 1000;
  // The server returns memory shortly after a start.
  await wait(700);
  const idleMegabytes = memoryOf(server.pid);
  return { sessions, ended, folder, server, bytes, startMs, startCpuMs, idleMegabytes };
}

/** Returns the sizes of a database, including its log. */
function bytesOf(folder: string): Size['bytes'] {
  const database = new Database(databaseIn(folder), { readonly: true });
  try {
    const pragma = (name: string): number => Number(database.pragma(name, { simple: true }));
    const sizeOf = database
      .prepare<[string], number | null>('SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name GLOB ?')
      .pluck();
    return {
      all: pragma('page_count') * pragma('page_size'),
      sessions: sizeOf.get('session*') ?? Number.NaN,
      subjects: sizeOf.get('subject*') ?? Number.NaN,
    };
  } finally {
    database.close();
  }
}

/** Refreshes each session of a database a hundred times. @returns the refreshes of each, and the growth of the database */
async function growthOf({ sessions, folder, server, bytes }: Size): Promise<{ ratio: number; each: number }> {
  // From the current rows, which the server has rotated since.
  const tokens = await tokensOf(folder, sessions);
  const target = targetOf('growth', [server.pid], { origins: [server.origin], contract, tokens, clients });
  const { refreshes, errors, wrongBodies } = await target.measure({ seconds: 600, most: sessions * 100 });
  if (errors + wrongBodies > 0) throw new Error(`${String(errors + wrongBodies)} refreshes failed`);
  return { ratio: bytesOf(folder).all / bytes.all, each: refreshes / sessions };
}

/** @returns the seconds that the command takes */
function purge({ folder, ended }: Pick<Size, 'folder' | 'ended'>): number {
  const since = performance.now();
  const { stdout } = spawnSync(process.execPath, [join(root, 'src', 'main.ts'), 'purge'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], REFRACT_DB: databaseIn(folder) },
  });
  if (!stdout.startsWith(`Purged ${String(ended)} `)) throw new Error(`not all were purged: ${stdout}`);
  return (performance.now() - since) / 1000;
}

function tableOf(rows: readonly (Omit<Size, 'server'> & { readonly purgeSeconds: number })[]): string {
  const columns: readonly (readonly [string, (row: (typeof rows)[number]) => string])[] = [
    ['sessions', ({ sessions }) => String(sessions)],
    ['database MB', ({ bytes }) => (bytes.all / 1e6).toFixed(1)],
    ['bytes of a session', ({ bytes, sessions, ended }) => (bytes.sessions / (sessions + ended)).toFixed(0)],
    ['of its subject', ({ bytes, sessions, ended }) => (bytes.subjects / (sessions + ended)).toFixed(0)],
    ['second start ms', ({ startMs }) => startMs.toFixed(0)],
    ['CPU ms of it', ({ startCpuMs }) => startCpuMs.toFixed(0)],
    ['MB idle', ({ idleMegabytes }) => idleMegabytes.toFixed(0)],
    ['purge of a tenth s', ({ purgeSeconds }) => purgeSeconds.toFixed(1)],
  ];
  return table(
    columns.map(([heading]) => heading),
    rows.map((row) => columns.map(([, cell]) => cell(row))),
  );
}
