// What is measured, each in a process of its own: what a refresh is compared with, and Refract itself.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isGranted, send, type ContractName } from '../../test/shared/refreshing.ts';
import { json } from '../../test/shared/wire.ts';
import { startProcess, type ServerProcess } from '../prove/serving.ts';
import type { EchoName } from './echo.ts';
import type { OtherCall } from './load.ts';

/** A server with so many clients. */
export interface Target {
  readonly name: string;
  readonly contract: ContractName;
  readonly origin: string;
  readonly pid: number;
  /** One for each client, unless it is said how many there are. */
  readonly tokens: readonly string[];
  /** So many share the tokens out among themselves. */
  readonly clients?: number;
  /** How it is refreshed, where that is no call of the contract. */
  readonly call?: OtherCall;
}

export interface Targets {
  /** In the order in which they are measured. */
  readonly all: readonly Target[];
  readonly stop: () => Promise<void>;
}

const most = 64;

/** Which servers, and which contract from how many clients. */
export interface Wanted {
  readonly refract: readonly (readonly [ContractName, number])[];
  /** The same in so many threads. */
  readonly variants: readonly (readonly [keyof typeof variants, ContractName, number])[];
  readonly echoes: readonly (readonly [EchoName, ContractName, readonly number[]])[];
}

/** How Refract can be started otherwise. */
const variants = {
  /** Its engine in the thread that reads and answers. */
  'one-thread': { REFRACT_ENGINE_THREAD: 'off' },
  /** Two threads that read and answer. */
  'two-workers': { REFRACT_WORKERS: '2' },
} as const;

const ofRefract: Wanted['refract'] = [
  ['xerial', most],
  ['xerial', 16],
  ['xerial', 1],
  ['fib', most],
  ['kirjaswappi', most],
  ['cloudreve', most],
];

const ofEchoes: Wanted['echoes'] = [
  ['http', 'xerial', [most]],
  ['express', 'xerial', [most]],
  ['obvious', 'xerial', [most]],
  ['validated', 'xerial', [most, 16, 1]],
  ['validated', 'fib', [most]],
];

export function nameOf(what: string, contract: ContractName, clients: number): string {
  return `${what} ${contract} ${String(clients)}`;
}

export const everything: Wanted = {
  refract: ofRefract,
  variants: [
    ['one-thread', 'xerial', most],
    ['two-workers', 'xerial', most],
  ],
  echoes: ofEchoes,
};
export const refractAlone: Wanted = { refract: ofRefract, variants: [], echoes: [] };

/** Starts what is wanted. @param folder where Refract keeps its files */
export async function startTargets(
  folder: string,
  wanted: Wanted,
  nodeArguments: readonly string[] = [],
): Promise<Targets> {
  const tree = join(import.meta.dirname, '..', '..');
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0)) await one();
  };
  try {
    const server = await startProcess({ tree, folder, nodeArguments });
    stops.push(server.stop);
    const refract = await targetsOf(server, 'refract', wanted.refract);
    for (const [variant, contract, clients] of wanted.variants) {
      const environment = variants[variant];
      const other = await startProcess({ tree, folder: join(folder, variant), nodeArguments, environment });
      stops.push(other.stop);
      refract.push(...(await targetsOf(other, variant, [[contract, clients]])));
    }
    const echoes: Target[] = [];
    for (const [echo, contract, sizes] of wanted.echoes) {
      // The very answer that Refract gives, so that all have the same sizes.
      const [token = ''] = await tokensOf(server, contract, 1);
      const answer = await send(server.origin, contract, token);
      if (!isGranted(contract, answer)) throw new Error(`${contract} was not granted: ${answer.body}`);
      const { origin, pid, end } = await startEcho(echo, contract, JSON.stringify(json(answer)));
      stops.push(end);
      for (const clients of sizes) {
        const tokens = Array.from({ length: clients }, () => token);
        echoes.push({ name: nameOf(echo, contract, clients), contract, origin, pid, tokens });
      }
    }
    return { all: [...echoes, ...refract], stop };
  } catch (reason) {
    await stop();
    throw reason;
  }
}

async function targetsOf(server: ServerProcess, what: string, wanted: Wanted['refract']): Promise<Target[]> {
  const targets: Target[] = [];
  for (const [contract, clients] of wanted) {
    const tokens = await tokensOf(server, contract, clients);
    targets.push({ name: nameOf(what, contract, clients), contract, ...server, tokens });
  }
  return targets;
}

/** Of so many new sessions. */
async function tokensOf(server: ServerProcess, contract: ContractName, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { token } = await server.issue(contract, `subject-${String(index)}`);
    tokens.push(token);
  }
  return tokens;
}

async function startEcho(echo: EchoName, contract: ContractName, reply: string) {
  const program = join(import.meta.dirname, 'echo.ts');
  const child = spawn(process.execPath, [program, echo, contract, reply], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(String(line).trim()));
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the echo ${echo} ended with ${String(code)}`)));
  });
  return { origin, pid: child.pid ?? 0, end };
}
