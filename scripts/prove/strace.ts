// Programs under strace(1), which lists their system calls without contents, or kills them before one.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pick } from '../../test/shared/random.ts';
import { startScript, type Script } from '../../test/shared/programs.ts';

/** Debian's package of the program. */
export const straceNeeds = { strace: 'strace' } as const;

export interface Call {
  readonly name: string;
  /** The path of a file or `socket:[…]`; empty where the call names none. */
  readonly on: string;
  /** `undefined` where the call did not return. */
  readonly result: number | undefined;
}

/** The program is ended before the n-th call of this name, as by `kill -9`. */
export interface Kill {
  readonly name: string;
  readonly nth: number;
}

/** Returns the command line before a program, whose process stays the child of its parent. @param file of the trace */
export function tracing(file: string, names: readonly string[], kill?: Kill): readonly string[] {
  // strace 6.1 sends no signal with the filter that skips other calls.
  const how = kill === undefined ? ['--seccomp-bpf'] : ['-e', `inject=${kill.name}:signal=KILL:when=${kill.nth}`];
  return ['strace', '-D', '-f', '-qq', '-y', '-s', '0', '-o', file, '-e', `trace=${names.join()}`, ...how];
}

/** The calls in order. A call that was interrupted in the trace counts from its return. */
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

/** Runs a command until it ends or is killed before a call on a file. @param folder of the trace */
export async function runTraced(script: Omit<Script, 'under'>, folder: string, kill?: Kill) {
  const trace = join(folder, 'calls');
  const running = startScript({ ...script, under: tracing(trace, fileCalls, kill) });
  const code = await running.ended;
  return { code, errors: running.errors(), calls: callsIn(trace) };
}

/** Chooses a call that changes a file of the folder. @param calls of a complete run */
export function anyKill(calls: readonly Call[], folder: string, random: () => number): Kill {
  const counts = new Map<string, number>();
  const own = realpathSync(folder);
  const kills = calls.flatMap(({ name, on }) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    // Shared memory is rebuilt from the log.
    return on.startsWith(own) && !on.endsWith('-shm') ? [{ name, nth }] : [];
  });
  return pick(kills, random);
}
