// A program under strace(1): its system calls on files, and killed before one of them. strace shows no contents.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pick } from '../../test/shared/random.ts';
import { run, type Program } from '../../test/shared/programs.ts';

/** Debian's package of the program. */
export const traceNeeds = { strace: 'strace' } as const;

export interface Call {
  readonly name: string;
  /** What it was made on: a file's path, `socket:[…]`; empty where it names none. */
  readonly on: string;
  /** `undefined` where it never returned. */
  readonly result: number | undefined;
}

/** Before the n-th call of the name the program is ended, as by `kill -9`. */
export interface Kill {
  readonly name: string;
  readonly nth: number;
}

/** What to put before a program, whose process stays the child of its parent. @param file where the trace goes */
export function tracing(file: string, names: readonly string[], kill?: Kill): readonly string[] {
  // With the filter that spares the other calls no signal is ever sent (strace 6.1).
  const how = kill === undefined ? ['--seccomp-bpf'] : ['-e', `inject=${kill.name}:signal=KILL:when=${kill.nth}`];
  return ['strace', '-D', '-f', '-qq', '-y', '-s', '0', '-o', file, '-e', `trace=${names.join()}`, ...how];
}

/** The calls in the order in which they began; one that others came in between counts from its return. */
export function callsIn(file: string): readonly Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, Omit<Call, 'result'>>();
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const returned = /\)\s+= (-?\d+)/.exec(text)?.[1];
    const result = returned === undefined ? undefined : Number(returned);
    const [, name, on = ''] = /^(\w+)\((?:\d+<([^>]*)>|"([^"]*)")?/.exec(text) ?? [];
    if (name !== undefined && text.includes('<unfinished ...>')) begun.set(thread, { name, on });
    else if (name !== undefined) calls.push({ name, on, result });
    else if (/^<\.\.\. \w+ resumed>/.test(text)) {
      const resumed = begun.get(thread);
      begun.delete(thread);
      if (resumed !== undefined) calls.push({ ...resumed, result });
    }
  }
  return calls;
}

const fileCalls: readonly string[] = [
  ...['write', 'pwrite64', 'ftruncate', 'fsync', 'fdatasync'],
  ...['link', 'linkat', 'rename', 'renameat', 'renameat2', 'unlink', 'unlinkat'],
];

/** Runs a command to its end, or until it is killed before a call on a file. @param folder where the trace goes */
export async function runTraced(program: Omit<Program, 'under'>, folder: string, kill?: Kill) {
  const trace = join(folder, 'calls');
  const running = run({ ...program, under: tracing(trace, fileCalls, kill) });
  const code = await running.ended;
  return { code, complaints: running.complaints(), calls: callsIn(trace) };
}

/** One of the calls that changed files of the folder. @param calls of a run that came to its end */
export function anyKill(calls: readonly Call[], folder: string, random: () => number): Kill {
  const counts = new Map<string, number>();
  const own = realpathSync(folder);
  const kills = calls.flatMap(({ name, on }) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    // Shared memory is made anew from the log.
    return on.startsWith(own) && !on.endsWith('-shm') ? [{ name, nth }] : [];
  });
  return pick(kills, random);
}
