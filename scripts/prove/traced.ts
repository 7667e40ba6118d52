// A program under strace(1): which system calls it makes on which files, and killed before one of them where asked to.
// Contents are never written down: of texts strace shows none.
import { existsSync, readFileSync } from 'node:fs';

/** The program that is needed, by Debian's package that has it. */
export const traceNeeds = { strace: 'strace' } as const;

export interface Call {
  readonly name: string;
  /** What it was made on: a file's path, `socket:[…]`; empty where it names none. */
  readonly on: string;
  /** What it returned; `undefined` where it never did. */
  readonly result: number | undefined;
}

/** `before` one that is the n-th of its name, the program is ended as by `kill -9`. */
export interface Kill {
  readonly name: string;
  readonly nth: number;
}

/**
 * What to put in front of a program, whose process stays the child of whoever starts it.
 * @param file where the trace goes
 */
export function tracing(file: string, names: readonly string[], kill?: Kill): readonly string[] {
  // With the filter that spares the other calls no signal is ever sent (strace 6.1).
  const how =
    kill === undefined ? ['--seccomp-bpf'] : ['-e', `inject=${kill.name}:signal=KILL:when=${String(kill.nth)}`];
  return ['strace', '-D', '-f', '-qq', '-y', '-s', '0', '-o', file, '-e', `trace=${names.join()}`, ...how];
}

/** The calls in the order in which they began; one that others came in between counts from when it returned. */
export function callsIn(file: string): readonly Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, Omit<Call, 'result'>>();
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const result = /\)\s+= (-?\d+)/.exec(text)?.[1];
    const returned = result === undefined ? undefined : Number(result);
    const [, name, on = ''] = /^(\w+)\((?:\d+<([^>]*)>|"([^"]*)")?/.exec(text) ?? [];
    if (name !== undefined && text.includes('<unfinished ...>')) begun.set(thread, { name, on });
    else if (name !== undefined) calls.push({ name, on, result: returned });
    else if (/^<\.\.\. \w+ resumed>/.test(text)) {
      const resumed = begun.get(thread);
      begun.delete(thread);
      if (resumed !== undefined) calls.push({ ...resumed, result: returned });
    }
  }
  return calls;
}
