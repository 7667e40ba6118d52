// The command line inside of this process: what a process of its own would print and end with, without the time that
// one takes to start. Commands take turns, since environment, folder and output are the process's.
import { vi } from 'vitest';
import { run } from '../../src/cli/run.ts';

/** What is `undefined` is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a command ended: `code` is missing where a signal ended its process. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly folder?: string;
  readonly environment?: Environment;
}

let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a command that comes to its end by itself. It sees of the environment what is not ours, and what is given.
 * Rejects with the reason where a command fails other than by saying so.
 */
export function runHere(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const mine = turn.then(() => runNow(args, surroundings));
  turn = mine.catch(() => undefined);
  return mine;
}

/** Ours without settings: those of whoever runs the tests are not meant for what is tested. */
export function isSetting(name: string): boolean {
  return /^(REFRACT_|PG|DATABASE_URL$|PORT$)/.test(name);
}

async function runNow(args: readonly string[], { folder, environment = {} }: Surroundings): Promise<Ended> {
  const before = { environment: { ...process.env }, folder: process.cwd() };
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      written[stream] += String(chunk);
      return true;
    }),
  );
  try {
    replaceEnvironment({ ...withoutSettings(before.environment), ...environment });
    if (folder !== undefined) process.chdir(folder);
    return { code: await run(args), ...written };
  } finally {
    process.chdir(before.folder);
    replaceEnvironment(before.environment);
    for (const spy of spies) spy.mockRestore();
  }
}

function withoutSettings(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isSetting(name)));
}

function replaceEnvironment(environment: Environment): void {
  for (const name of Object.keys(process.env))
    if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) process.env[name] = value;
}
