// What is measured, each in a process of its own: what a refresh is compared with, and Refract itself.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isGranted, send, type ContractName } from '../../test/shared/refreshing.ts';
import { json } from '../../test/shared/wire.ts';
import { startProcess } from '../prove/serving.ts';
import type { EchoName } from './echo.ts';

/** A server with so many clients. */
export interface Target {
  readonly name: string;
  readonly contract: ContractName;
  readonly origin: string;
  readonly pid: number;
  /** One for each client. */
  readonly tokens: readonly string[];
}

export interface Targets {
  /** In the order in which they are measured. */
  readonly all: readonly Target[];
  readonly stop: () => Promise<void>;
}

const most = 64;

/** Which contract, from how many clients. */
const ofRefract: readonly (readonly [ContractName, number])[] = [
  ['xerial', most],
  ['xerial', 16],
  ['xerial', 1],
  ['fib', most],
  ['kirjaswappi', most],
  ['cloudreve', most],
];

const ofEchoes: readonly (readonly [EchoName, ContractName, readonly number[]])[] = [
  ['http', 'xerial', [most]],
  ['express', 'xerial', [most]],
  ['obvious', 'xerial', [most]],
  ['validated', 'xerial', [most, 16, 1]],
  ['validated', 'fib', [most]],
];

export function nameOf(what: string, contract: ContractName, clients: number): string {
  return `${what} ${contract} ${String(clients)}`;
}

/** Starts everything. @param folder where Refract keeps its files */
export async function startTargets(
  folder: string,
  nodeArguments: readonly string[] = [],
  only?: 'refract',
): Promise<Targets> {
  const tree = join(import.meta.dirname, '..', '..');
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0)) await one();
  };
  try {
    const server = await startProcess({ tree, folder, nodeArguments });
    stops.push(server.stop);
    const issue = async (contract: ContractName, count: number): Promise<string[]> => {
      const tokens: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const { token } = await server.issue(contract, `subject-${String(index)}`);
        tokens.push(token);
      }
      return tokens;
    };
    const refract: Target[] = [];
    for (const [contract, clients] of ofRefract) {
      const tokens = await issue(contract, clients);
      refract.push({ name: nameOf('refract', contract, clients), contract, ...server, tokens });
    }
    const echoes: Target[] = [];
    for (const [echo, contract, sizes] of only === undefined ? ofEchoes : []) {
      // The very answer that Refract gives, so that all have the same sizes.
      const [token = ''] = await issue(contract, 1);
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
