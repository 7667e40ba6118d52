// What is measured: servers, each in a process of its own, with the clients that refresh at them.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isGranted, send, type ContractName } from '../../test/shared/refreshing.ts';
import { json } from '../../test/shared/wire.ts';
import { startProcess, type ServerProcess, type ServingOptions } from '../prove/serving.ts';
import type { EchoName } from './echo.ts';
import type { LoadFigures, LoadOrder } from './load.ts';
import { loaded } from './loading.ts';

/** The working tree. */
export const root: string = dirname(dirname(import.meta.dirname));

/** What a part of the bench runs in. */
export interface Bench {
  readonly isFull: boolean;
  /** A folder that is removed at the end. */
  readonly folder: string;
  /** Adds what is stopped at the end, the last first. */
  readonly atEnd: (stop: () => unknown) => void;
}

/** Runs a part, then stops what it has started. */
export async function withBench<Result>(isFull: boolean, use: (bench: Bench) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  const stops = [() => rmSync(folder, { recursive: true, force: true }) as unknown];
  try {
    return await use({ isFull, folder, atEnd: (stop) => stops.unshift(stop) });
  } finally {
    for (const stop of stops) await stop();
  }
}

/** One target in one round. */
export interface Round extends Omit<LoadFigures, 'tokens'> {
  /** Microseconds of processor time of the server for one refresh. */
  readonly serverCpu: number;
}

export interface Target {
  readonly name: string;
  /** Loads it; the next load continues with the tokens of this one. */
  readonly measure: (until: Pick<LoadOrder, 'seconds' | 'most'>) => Promise<Round>;
}

/** @param pids of the processes whose processor time counts */
export function targetOf(name: string, pids: readonly number[], order: Omit<LoadOrder, 'seconds'>): Target {
  let { tokens } = order;
  const used = (): number => pids.reduce((sum, pid) => sum + processorTimeOf(pid), 0);
  return {
    name,
    measure: async (until) => {
      const before = used();
      const loadedNow = await loaded({ ...order, ...until, tokens, isStatic: order.contract === 'kirjaswappi' });
      const { tokens: successors, ...figures } = loadedNow;
      tokens = successors;
      return { ...figures, serverCpu: ((used() - before) * 1e6) / Math.max(1, figures.refreshes) };
    },
  };
}

/** Starts Refract with a database of its own, named after `what`. */
export async function startRefract(
  { folder, atEnd }: Bench,
  what: string,
  options: Partial<ServingOptions> = {},
): Promise<ServerProcess> {
  const own = join(folder, what);
  mkdirSync(own, { recursive: true });
  const server = await startProcess({ tree: root, folder: own, ...options });
  atEnd(server.stop);
  return server;
}

/** Clients of new sessions, one each. */
export async function refractTarget(
  server: ServerProcess,
  what: string,
  contract: ContractName,
  clients: number,
): Promise<Target> {
  const tokens = await issued(server, contract, clients);
  return targetOf(nameOf(what, contract, clients), [server.pid], { origins: [server.origin], contract, tokens });
}

/** The refresh tokens of new sessions. */
export async function issued(server: ServerProcess, contract: ContractName, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index += 1) {
    tokens.push((await server.issue(contract, `subject-${String(index)}`)).token);
  }
  return tokens;
}

/** An echo that answers as the server does, so that all responses have the same sizes; a target for each number of clients. */
export async function echoTargets(
  bench: Bench,
  server: ServerProcess,
  echo: EchoName,
  contract: ContractName,
  sizes: readonly number[],
): Promise<Target[]> {
  const [token = ''] = await issued(server, contract, 1);
  const response = await send(server.origin, contract, token);
  if (!isGranted(contract, response)) throw new Error(`${contract} was not granted: ${response.body}`);
  const program = join(import.meta.dirname, 'echo.ts');
  const { line, pid } = await startProgram(bench, [program, echo, contract, JSON.stringify(json(response))]);
  return sizes.map((clients) => {
    const tokens = Array.from({ length: clients }, () => token);
    return targetOf(nameOf(echo, contract, clients), [pid], { origins: [line], contract, tokens });
  });
}

/** Starts a program for Node that writes one line when it is ready. @throws its last errors where it ends before */
export async function startProgram(
  { atEnd }: Bench,
  args: readonly string[],
): Promise<{ readonly line: string; readonly pid: number }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(() => child.kill('SIGKILL'));
  let [printed, errors] = ['', ''];
  child.stderr.on('data', (chunk) => (errors = (errors + String(chunk)).slice(-2000)));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
      if (printed.endsWith('\n')) resolve(printed.trim());
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${args.join(' ')} ended with ${String(code)}: ${errors}`)));
  });
  return { line, pid: child.pid ?? 0 };
}

function nameOf(what: string, contract: ContractName, clients: number): string {
  return `${what} ${contract} ${String(clients)}`;
}

/** Of `CLK_TCK`, which Linux has fixed for programs (proc(5), `/proc/pid/stat`). */
const ticksPerSecond = 100;

/** Seconds of processor time of all threads of a process until now, in its own code and in the kernel. */
export function processorTimeOf(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field is the name in brackets, which may have anything in it; `utime` and `stime` are the 14th and 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Megabytes of memory that a process holds now (proc(5), `VmRSS`). */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
