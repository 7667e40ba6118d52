// The servers that are measured, each in a process of its own, with their clients.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isGranted, send, type ContractName } from '../../test/shared/refreshing.ts';
import { startScript } from '../../test/shared/programs.ts';
import { startServerProcess, type ServerOptions, type ServerProcess } from '../../test/shared/server-process.ts';
import { json } from '../../test/shared/wire.ts';
import type { EchoName } from './echo.ts';
import type { LoadFigures, LoadOrder } from './load.ts';
import { processorTimeOf } from '../machine.ts';
import { runLoad } from './load-process.ts';

/** The working tree. */
export const root: string = dirname(dirname(import.meta.dirname));

/** The surroundings of a part of the bench. */
export interface Bench {
  readonly isFull: boolean;
  /** A folder, removed at the end. */
  readonly folder: string;
  /** Adds a function that runs at the end, the last one first. */
  readonly atEnd: (stop: () => unknown) => void;
}

/** Runs a part, then stops all that it started. */
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
  /** Measures under load; the next load continues with the tokens of this one. */
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
      const load = { ...order, ...until, tokens, isStatic: order.contract === 'kirjaswappi' };
      const { tokens: successors, ...figures } = await runLoad(load);
      tokens = successors;
      return { ...figures, serverCpu: ((used() - before) * 1e6) / Math.max(1, figures.refreshes) };
    },
  };
}

/** Starts Refract with a database of its own, named after `what`. */
export async function startRefract(
  { folder, atEnd }: Bench,
  what: string,
  options: Partial<ServerOptions> = {},
): Promise<ServerProcess> {
  const own = join(folder, what);
  mkdirSync(own, { recursive: true });
  const server = await startServerProcess({ tree: root, folder: own, ...options });
  atEnd(server.stop);
  return server;
}

/** A server with one client for each of several new sessions. */
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

/** Echoes with the server's own response, so that sizes are equal; one target for each number of clients. */
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
  const args = [echo, contract, JSON.stringify(json(response))];
  const { line, pid } = await startProgram(bench, 'scripts/bench/echo.ts', args);
  return sizes.map((clients) => {
    const tokens = Array.from({ length: clients }, () => token);
    return targetOf(nameOf(echo, contract, clients), [pid], { origins: [line], contract, tokens });
  });
}

/** Starts a script that prints one line when it is ready. @throws standard error where it ends before */
export async function startProgram({ atEnd }: Bench, script: string, args: readonly string[]) {
  const running = startScript({ tree: root, script, args });
  atEnd(() => running.kill('SIGKILL'));
  return { line: await running.prints(/^(.+)\n/), pid: running.child.pid ?? 0 };
}

function nameOf(what: string, contract: ContractName, clients: number): string {
  return `${what} ${contract} ${String(clients)}`;
}
