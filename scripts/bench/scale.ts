// The same server over databases of a thousand sessions and of millions: what a refresh of any of them costs, what the
// database weighs and whether it grows, how long a start takes, and a purge.
import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pause } from '../prove/chains.ts';
import { startProcess, type ServerProcess } from '../prove/serving.ts';
import { keep, keptFigures, measureInTurn } from './in-turn.ts';
import { loaded } from './loading.ts';
import { databaseIn, plant, tokensOf } from './planted.ts';
import { memoryOf, processorTimeOf } from './processor-time.ts';
import type { Measured, RatioWanted } from './summary.ts';
import type { Target } from './targets.ts';

const tree = dirname(dirname(import.meta.dirname));
const contract = 'xerial' as const;
const clients = 64;

/** Sessions that are refreshed, of however many there are. */
const refreshed = 20_000;

/** Of the database, for a session and its subject; three times as much is to be free. */
const roomForOne = 500 * 3;

/** A database of one size, and what was found out before its server was loaded. */
interface Size {
  readonly sessions: number;
  readonly ended: number;
  readonly folder: string;
  readonly plantedIn: number;
  readonly bytes: { readonly all: number; readonly sessions: number; readonly subjects: number };
  readonly tokens: readonly string[];
}

/** @returns the figures as text; they are also kept in `var/bench` */
export async function measureScale(isFull: boolean): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), 'refract-scale-'));
  const servers: ServerProcess[] = [];
  try {
    const { bavail, bsize } = statfsSync(parent);
    const wanted = isFull ? [1_000, 100_000, 1_000_000, 10_000_000] : [1_000, 100_000, 1_000_000];
    const counts = wanted.filter((count) => count * roomForOne < bavail * bsize);
    const sizes: Size[] = [];
    for (const count of counts) sizes.push(await prepared(parent, count));
    const started: Started[] = [];
    for (const { folder } of sizes) {
      // The second start finds what the first has compiled.
      await (await start(folder)).server.stop();
      const one = await start(folder);
      servers.push(one.server);
      started.push(one);
    }
    // What loading has left behind is given back in the moment after a start.
    await pause(500);
    const idle = started.map(({ server }) => memoryOf(server.pid));
    const targets = sizes.map(({ sessions, tokens }, index): Target => {
      const { origin = '', pid = 0 } = started[index]?.server ?? {};
      return { name: nameOf(sessions), contract, origin, pid, tokens, clients: Math.min(clients, tokens.length) };
    });
    const rounds = isFull ? { rounds: 5, seconds: 6 } : { rounds: 3, seconds: 3 };
    const measured = await measureInTurn(targets, rounds, parent);
    // After the rounds: a server that was loaded before the others would be the warmer one.
    const growth = await grown(sizes[0], targets[0]);
    for (const server of servers.splice(0)) await server.stop();
    const rows = sizes.map((size, index) => ({
      ...figuresOf(size),
      startMilliseconds: started[index]?.milliseconds ?? Number.NaN,
      startCpu: started[index]?.cpu ?? Number.NaN,
      idleMegabytes: idle[index] ?? Number.NaN,
      purgeSeconds: purged(size),
    }));
    keep('scale-sizes.json', `${JSON.stringify({ rows, growth: growth.ratio }, undefined, 2)}\n`);
    return [
      keptFigures('scale', measured, ratiosOf(measured, sizes)),
      '',
      ...tableOf(rows),
      '',
      `Growth after ${growth.each.toFixed(0)} refreshes of each of ${String(sizes[0]?.sessions ?? 0)} sessions: ${((growth.ratio - 1) * 100).toFixed(1)} % (wanted: at most 5 %).`,
      'A session has a subject of its own here; wanted: at most 400 bytes for a session with its indexes, a start within 1500 ms, 200 MB idle.',
      ...wanted.filter((count) => !counts.includes(count)).map((count) => `No room on the disk for ${nameOf(count)}.`),
    ].join('\n');
  } finally {
    for (const server of servers) await server.kill('SIGKILL');
    rmSync(parent, { recursive: true, force: true });
  }
}

function nameOf(sessions: number): string {
  return `refract ${sessions >= 1_000_000 ? `${String(sessions / 1_000_000)} M` : `${String(sessions / 1_000)} k`} sessions`;
}

async function prepared(parent: string, sessions: number): Promise<Size> {
  const folder = join(parent, String(sessions));
  mkdirSync(folder);
  const ended = sessions / 10;
  const since = performance.now();
  await plant(folder, sessions, ended);
  const plantedIn = (performance.now() - since) / 1000;
  return { sessions, ended, folder, plantedIn, bytes: bytesOf(folder), tokens: await tokensOf(folder, refreshed) };
}

function bytesOf(folder: string): Size['bytes'] {
  const database = new Database(databaseIn(folder), { readonly: true });
  try {
    const sizeOf = database
      .prepare<[string], number | null>('SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name GLOB ?')
      .pluck();
    return {
      all: pagesOf(database),
      sessions: sizeOf.get('session*') ?? Number.NaN,
      subjects: sizeOf.get('subject*') ?? Number.NaN,
    };
  } finally {
    database.close();
  }
}

/** Bytes of the database, with what is in its log alone. */
function pagesOf(database: Database.Database): number {
  const one = (name: string): number => Number(database.pragma(name, { simple: true }));
  return one('page_count') * one('page_size');
}

interface Started {
  readonly server: ServerProcess;
  /** Until it was ready: of the clock, and of the processor. */
  readonly milliseconds: number;
  readonly cpu: number;
}

async function start(folder: string): Promise<Started> {
  const since = performance.now();
  const server = await startProcess({ tree, folder, environment: { REFRACT_PURGE_INTERVAL: '0' } });
  const { status } = await fetch(`${server.adminOrigin}/readyz`);
  const milliseconds = performance.now() - since;
  if (status !== 200) throw new Error(`the server is not ready: ${String(status)}`);
  return { server, milliseconds, cpu: processorTimeOf(server.pid) * 1000 };
}

interface Growth {
  readonly ratio: number;
  /** Refreshes of each session. */
  readonly each: number;
}

/** Refreshes every session of a database a hundred times. */
async function grown(size: Size | undefined, target: Target | undefined): Promise<Growth> {
  if (size === undefined || target === undefined) throw new Error('there is no size');
  const most = size.sessions * 100;
  // Made from the rows as they are now, which the server has moved on since.
  const tokens = await tokensOf(size.folder, size.sessions);
  const order = { origins: [target.origin], contract, tokens, clients, seconds: 600, most };
  const { refreshes, errors, wrongBodies } = await loaded(order);
  if (errors + wrongBodies > 0) throw new Error(`${String(errors + wrongBodies)} refreshes failed`);
  return { ratio: bytesOf(size.folder).all / size.bytes.all, each: refreshes / size.sessions };
}

/** Seconds, as the command takes them. */
function purged({ folder, ended }: Size): number {
  const since = performance.now();
  const { stdout } = spawnSync(process.execPath, [join(tree, 'src', 'main.ts'), 'purge'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], REFRACT_DB: databaseIn(folder) },
  });
  if (!stdout.startsWith(String(ended))) throw new Error(`not all were purged: ${stdout}`);
  return (performance.now() - since) / 1000;
}

function ratiosOf({ rounds }: Measured, sizes: readonly Size[]): readonly RatioWanted[] {
  const [least, ...larger] = sizes.map(({ sessions }) => nameOf(sessions));
  if (least === undefined) return [];
  return larger
    .filter((name) => rounds[name] !== undefined)
    .map((upper) => ({
      of: `${upper} ÷ 1 k`,
      upper,
      lower: least,
      ...(upper.includes(' 1 M') && { wanted: '≥ 0.8' }),
    }));
}

function figuresOf({ sessions, ended, plantedIn, bytes }: Size) {
  const all = sessions + ended;
  const ofSession = { bytesOfSession: bytes.sessions / all, bytesOfSubject: bytes.subjects / all };
  return { sessions, ended, plantedIn, megabytes: bytes.all / 1e6, ...ofSession };
}

type Row = ReturnType<typeof figuresOf> &
  Readonly<Record<'startMilliseconds' | 'startCpu' | 'idleMegabytes' | 'purgeSeconds', number>>;

function tableOf(rows: readonly Row[]): string[] {
  return [
    '| sessions | database MB | bytes of a session | of its subject | planted in s | second start ms | CPU ms of it | MB idle | purge of a tenth s |',
    '|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...rows.map((row) => {
      const cells = [
        String(row.sessions),
        row.megabytes.toFixed(1),
        row.bytesOfSession.toFixed(0),
        row.bytesOfSubject.toFixed(0),
        row.plantedIn.toFixed(1),
        row.startMilliseconds.toFixed(0),
        row.startCpu.toFixed(0),
        row.idleMegabytes.toFixed(0),
        row.purgeSeconds.toFixed(1),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}
