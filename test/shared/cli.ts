// The command line as a user runs it, on a database in a folder of its own. Commands and servers run inside of this
// process; a test of signals, exit codes or kills asks for a process of its own. When the test ends, all of them are
// stopped and the folder is removed, whether the test passed or not.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test as base } from 'vitest';
import { compose } from '../../src/app/app.ts';
import type { Refract } from '../../src/app/refract.ts';
import { readConfig } from '../../src/config.ts';
import { collectOutput, startHere, type Ended, type Environment, type Running } from './commands.ts';
import { ownContracts } from './contracts.ts';

export type { Ended, Environment, Running } from './commands.ts';

const root = dirname(dirname(import.meta.dirname));
const main = join(root, 'src', 'main.ts');

/** Of a subject of whom only the id is known. */
export const noDetails = { email: undefined, account: undefined, role: undefined };

/** A process of its own. */
export interface Process extends Running {
  readonly kill: (signal: NodeJS.Signals) => void;
}

export type Serving<Kind extends Running = Running> = Kind & { readonly origin: string };

export interface RunOptions {
  readonly environment?: Environment;
  /** The entry of another tree, for a process. */
  readonly main?: string;
  /** Standard input. */
  readonly input?: string;
}

/** A folder with a database in it: REFRACT_DB names the database, the ports are 0. */
export interface Place {
  readonly folder: string;
  readonly database: string;
  /** Runs a command to its end inside of this process. */
  readonly refract: (...args: readonly string[]) => Promise<Ended>;
  readonly refractWith: (options: RunOptions, ...args: readonly string[]) => Promise<Ended>;
  /** Starts a command inside of this process. */
  readonly started: (options: RunOptions, ...args: readonly string[]) => Running;
  /** Runs a command to its end as a process of its own. */
  readonly alone: (...args: readonly string[]) => Promise<Ended>;
  /** Starts a command as a process of its own. */
  readonly running: (options: RunOptions, ...args: readonly string[]) => Process;
  /** Runs any program of this machine to its end. */
  readonly program: (file: string, args: readonly string[], environment?: Environment) => Promise<Ended>;
  /** Starts a server inside of this process, in one thread, and resolves once it listens. */
  readonly serve: (...args: readonly string[]) => Promise<Serving>;
  readonly serveWith: (options: RunOptions, ...args: readonly string[]) => Promise<Serving>;
  /** Starts a server as a process of its own. */
  readonly serveAlone: (options: RunOptions, ...args: readonly string[]) => Promise<Serving<Process>>;
  /** Works on the database from inside of this process, to prepare what a command finds and to see what it did. */
  readonly inside: <Result>(use: (refract: Refract) => Promise<Result>) => Promise<Result>;
  readonly clear: () => Promise<void>;
}

/** `test`, with a `place` for each test that asks for one. */
export const test = base.extend('place', ({ onTestFinished }) => {
  const place = makePlace();
  onTestFinished(place.clear);
  return place;
});

/** A place for several tests; `clear` it. */
export function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'refract-cli-'));
  const database = join(folder, 'refract.db');
  const children = new Map<ChildProcess, Promise<Ended>>();
  const commands: Running[] = [];

  const surroundings = (environment: Environment = {}): Environment => ({
    REFRACT_DB: database,
    PORT: '0',
    REFRACT_ADMIN_PORT: '0',
    ...environment,
  });
  const start = (file: string, args: readonly string[], environment: Environment): Process => {
    const child = spawn(file, args, {
      cwd: folder,
      env: cleanEnvironment(surroundings(environment)),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const followed = follow(child);
    children.set(child, followed.ended);
    return followed;
  };
  const started = ({ environment, input }: RunOptions, ...args: readonly string[]): Running => {
    const own = surroundings({ REFRACT_ENGINE_THREAD: 'off', ...environment });
    const command = startHere(args, { folder, environment: own, ...(input !== undefined && { input }) });
    commands.push(command);
    return command;
  };
  const running: Place['running'] = (options, ...args) =>
    start(process.execPath, [options.main ?? main, ...args], options.environment ?? {});
  const refractWith: Place['refractWith'] = (options, ...args) => started(options, ...args).ended;
  const serveWith: Place['serveWith'] = (options, ...args) => listening(started(options, 'serve', ...args));

  return {
    folder,
    database,
    refract: (...args) => refractWith({}, ...args),
    refractWith,
    started,
    alone: (...args) => running({}, ...args).ended,
    running,
    program: (file, args, environment = {}) => start(file, args, environment).ended,
    serve: (...args) => serveWith({}, ...args),
    serveWith,
    serveAlone: (options, ...args) => listening(running(options, 'serve', ...args)),
    inside: async (use) => {
      const contracts = await ownContracts();
      const names = contracts.map(({ name }) => name);
      const refract = await compose(readConfig(names, { database }, {}), contracts);
      try {
        return await use(refract);
      } finally {
        await refract.close();
      }
    },
    clear: async () => {
      for (const child of children.keys()) child.kill('SIGKILL');
      await Promise.allSettled([...children.values(), ...commands.map(({ stop }) => stop())]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening<Kind extends Running>(server: Kind): Promise<Serving<Kind>> {
  const printed = await server.prints(/^Refract listens on \S+ .*\n/m);
  return { ...server, origin: /^Refract listens on (\S+)/m.exec(printed)?.[1] ?? '' };
}

function follow(child: ChildProcess): Process {
  const output = collectOutput();
  child.stdout?.setEncoding('utf8').on('data', output.onStdout);
  child.stderr?.setEncoding('utf8').on('data', output.onStderr);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, ...output.written() });
    });
  });
  const stop = (): Promise<Ended> => {
    child.kill('SIGTERM');
    return ended;
  };
  return { ...output.watch(ended), ended, stop, kill: (signal) => child.kill(signal) };
}

function cleanEnvironment(given: Environment): NodeJS.ProcessEnv {
  // The settings of the user who runs the tests are not meant for the tested server.
  const isInherited = (name: string): boolean => !/^(REFRACT_|PG|DATABASE_URL$|PORT$|NODE_|VITEST)/.test(name);
  const inherited = Object.entries(process.env).filter(([name]) => isInherited(name));
  // Starts each process in half the time.
  const cache = join(root, 'node_modules', '.cache', 'refract-cli');
  return { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: cache, ...given };
}
