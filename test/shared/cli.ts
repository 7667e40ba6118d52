// The command line as a user runs it, on a database in a folder of its own: servers and whatever is to be killed are
// real processes, commands run inside of this one unless they are asked to run alone. What still runs when the test is
// over is ended, and the folder is removed, whether the test passed or not.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test as base } from 'vitest';
import { compose, type Refract } from '../../src/app/app.ts';
import { readConfig } from '../../src/config.ts';
import { isSetting, runHere, type Ended, type Environment } from './commands.ts';
import { ownContracts } from './contracts.ts';

export type { Ended, Environment } from './commands.ts';

const root = dirname(dirname(import.meta.dirname));
const main = join(root, 'src', 'main.ts');

/** Of a subject of whom only the id is known. */
export const noDetails = { email: undefined, account: undefined, role: undefined };

/** A process that is not over yet. */
export interface Running {
  /** What it has printed so far. */
  readonly printed: () => string;
  /** Resolves with what was printed as soon as that fits; rejects where the process ends before. */
  readonly prints: (pattern: RegExp) => Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

export interface Serving extends Running {
  readonly origin: string;
}

export interface RunOptions {
  readonly environment?: Environment;
  /** The entry of another tree. */
  readonly main?: string;
}

/** A folder with a database in it, and processes that use it: REFRACT_DB names the database, the ports are 0. */
export interface Place {
  readonly folder: string;
  readonly database: string;
  /** Runs a command to its end inside of this process; `serve`, which listens for signals, as one of its own. */
  readonly refract: (...args: readonly string[]) => Promise<Ended>;
  /** Runs a command to its end as a process of its own. */
  readonly alone: (...args: readonly string[]) => Promise<Ended>;
  readonly refractWith: (options: RunOptions, ...args: readonly string[]) => Promise<Ended>;
  /** Starts a command. */
  readonly running: (options: RunOptions, ...args: readonly string[]) => Running;
  /** Runs any program of this machine to its end. */
  readonly program: (file: string, args: readonly string[], environment?: Environment) => Promise<Ended>;
  /** Starts a server and resolves once it says that it listens. */
  readonly serve: (...args: readonly string[]) => Promise<Serving>;
  readonly serveWith: (options: RunOptions, ...args: readonly string[]) => Promise<Serving>;
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

  const surroundings = (environment: Environment = {}): Environment => ({
    REFRACT_DB: database,
    PORT: '0',
    REFRACT_ADMIN_PORT: '0',
    ...environment,
  });
  const start = (file: string, args: readonly string[], environment: Environment): Running => {
    const child = spawn(file, args, {
      cwd: folder,
      env: cleanEnvironment(surroundings(environment)),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = follow(child);
    children.set(child, started.ended);
    return started;
  };
  const running = (options: RunOptions, ...args: readonly string[]): Running =>
    start(process.execPath, [options.main ?? main, ...args], options.environment ?? {});
  const serveWith = async (options: RunOptions, ...args: readonly string[]): Promise<Serving> => {
    const started = running(options, 'serve', ...args);
    const printed = await started.prints(/^Refract listens on \S+ .*\n/m);
    return { ...started, origin: /^Refract listens on (\S+)/m.exec(printed)?.[1] ?? '' };
  };

  const refractWith: Place['refractWith'] = (options, ...args) =>
    options.main !== undefined || args[0] === 'serve'
      ? running(options, ...args).ended
      : runHere(args, { folder, environment: surroundings(options.environment) });

  return {
    folder,
    database,
    refract: (...args) => refractWith({}, ...args),
    alone: (...args) => running({}, ...args).ended,
    refractWith,
    running,
    program: (file, args, environment = {}) => start(file, args, environment).ended,
    serve: (...args) => serveWith({}, ...args),
    serveWith,
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
      await Promise.all(children.values());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  let listeners: (() => void)[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });

  return {
    ended,
    printed: () => stdout,
    kill: (signal) => child.kill(signal),
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(stdout)) return;
          listeners = listeners.filter((listener) => listener !== look);
          resolve(stdout);
        };
        listeners.push(look);
        look();
        ended.then(({ code }) => {
          reject(new Error(`ended with ${String(code)} before it printed ${String(pattern)}: ${stdout}${stderr}`));
        }, reject);
      }),
  };
}

function cleanEnvironment(given: Environment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !isSetting(name) && !/^(NODE_|VITEST)/.test(name));
  // Starts each process in half the time.
  const cache = join(root, 'node_modules', '.cache', 'refract-cli');
  return { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: cache, ...given };
}
