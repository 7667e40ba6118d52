// The command line as a user runs it: real processes on a database in a folder of their own. What still runs when the
// test is over is ended, and the folder is removed, whether the test passed or not.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test as base, vi } from 'vitest';
import { compose, loadContracts, type Refract } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';

// A process takes a second to start, and several where all cores are busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = dirname(dirname(import.meta.dirname));
const main = join(root, 'src', 'main.ts');

/** What is `undefined` is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Of a subject of whom only the id is known. */
export const noDetails = { email: undefined, account: undefined, role: undefined };

/** How a process ended: `code` is missing where a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

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
  /** Runs a command to its end. */
  readonly refract: (...args: readonly string[]) => Promise<Ended>;
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

  const start = (file: string, args: readonly string[], environment: Environment): Running => {
    const child = spawn(file, args, {
      cwd: folder,
      env: cleanEnvironment({ REFRACT_DB: database, PORT: '0', REFRACT_ADMIN_PORT: '0', ...environment }),
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

  return {
    folder,
    database,
    refract: (...args) => running({}, ...args).ended,
    refractWith: (options, ...args) => running(options, ...args).ended,
    running,
    program: (file, args, environment = {}) => start(file, args, environment).ended,
    serve: (...args) => serveWith({}, ...args),
    serveWith,
    inside: async (use) => {
      const contracts = await loadContracts();
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

/** Ours without settings: those of whoever runs the tests are not meant for what is tested. */
function cleanEnvironment(given: Environment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(REFRACT_|NODE_|VITEST|PG|DATABASE_URL$|PORT$)/.test(name),
  );
  // Starts each process in half the time.
  const cache = join(root, 'node_modules', '.cache', 'refract-cli');
  return { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: cache, ...given };
}
