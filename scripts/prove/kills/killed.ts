// A command that is ended before a system call of its own, as by `kill -9`: so every step that it takes on a file can be
// its last, however quickly they follow each other.
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pick } from '../part.ts';
import { callsIn, tracing, type Call, type Kill } from '../traced.ts';

export interface Ran {
  /** Missing where it was killed. */
  readonly code: number | null;
  readonly printed: string;
  readonly complaints: string;
  /** What it did to files. */
  readonly calls: readonly Call[];
}

export interface Running {
  readonly tree: string;
  /** Whose files count. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Traced at all, and killed where that is said. */
  readonly under: 'nobody' | 'strace' | Kill;
}

const names: readonly string[] = [
  ...['write', 'pwrite64', 'ftruncate', 'fsync', 'fdatasync'],
  ...['link', 'linkat', 'rename', 'renameat', 'renameat2', 'unlink', 'unlinkat'],
];

export function run({ tree, folder, args, environment, under }: Running): Promise<Ran> {
  const trace = join(folder, 'calls');
  const before = under === 'nobody' ? [] : tracing(trace, names, under === 'strace' ? undefined : under);
  const [program = '', ...rest] = [...before, process.execPath, join(tree, 'src', 'main.ts'), ...args];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let [printed, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, printed, complaints, calls: under === 'nobody' ? [] : callsIn(trace) });
    });
  });
}

/** One of the calls that changed files of the folder. @param calls of a run that came to its end */
export function anyOf(calls: readonly Call[], folder: string, random: () => number): Kill {
  const counts = new Map<string, number>();
  const own = realpathSync(folder);
  const kills = calls.flatMap(({ name, on }) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    // Shared memory is made anew from the log.
    return on.startsWith(own) && !on.endsWith('-shm') ? [{ name, nth, on }] : [];
  });
  const { name, nth } = pick(kills, random);
  return { name, nth };
}
