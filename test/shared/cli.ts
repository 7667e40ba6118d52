// The command line with a database in a temporary folder. Commands and servers run in this process; a test of signals,
// exit codes or kills starts another process. At the end of the test all of them stop and the folder is removed.
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

/** The details of a subject with only an id. */
export const noDetails = { email: undefined, account: undefined, role: undefined };

/** A command in its own process. */
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

/** A folder with a database: REFRACT_DB is the database, and all ports are 0. */
export interface Place {
  readonly folder: string;
  readonly database: string;
  /** Runs a command in this process. */
  readonly refract: (...args: readonly string[]) => Promise<Ended>;
  readonly refractWith: (options: RunOptions, ...args: readonly string[]) => Promise<Ended>;
  /** Starts a command in this process. */
  readonly started: (options: RunOptions, ...args: readonly string[]) => Running;
  /** Runs a command in its own process. */
  readonly alone: (...args: readonly string[]) => Promise<Ended>;
  /** Starts a command in its own process. */
  readonly running: (options: RunOptions, ...args: readonly string[]) => Process;
  /** Runs any program of this machine. */
  readonly program: (file: string, args: readonly string[], environment?: Environment) => Promise<Ended>;
  /** Starts a server in this process, in one thread, and resolves once it listens. */
  readonly serve: (...args: readonly string[]) => Promise<Serving>;
  readonly serveWith: (options: RunOptions, ...args: readonly string[]) => Promise<Serving>;
  /** Starts a server in its own process. */
  readonly serveAlone: (options: RunOptions, ...args: readonly string[]) => Promise<Serving<Process>>;
  /** Uses the database in this process, to prepare a command and to check its effects. */
  readonly inside: <Result>(use: (refract: Refract) => Promise<Result>) => Promise<Result>;
  readonly clear: () => Promise<void>;
}

/** `test` with a `place` for each test that uses one. */
export const test = base.extend('place', ({ onTestFinished }) => {
  const place = makePlace();
  onTestFinished(place.clear);
  return place;
});

/** Creates a place for several tests; `clear` it. */
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
  // The tested server must not use the settings of the user who runs the tests.
  const isInherited = (name: string): boolean => !/^(REFRACT_|PG|DATABASE_URL$|PORT$|NODE_|VITEST)/.test(name);
  const inherited = Object.entries(process.env).filter(([name]) => isInherited(name));
  // Halves the time of each start.
  const cache = join(root, 'node_modules', '.cache', 'refract-cli');
  return { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: cache, ...given };
}
