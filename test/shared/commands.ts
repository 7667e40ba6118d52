// The command line inside of this process: what a process of its own would print and end with, without the time that
// a process takes to start.
import { run } from '../../src/cli/run.ts';

/** An `undefined` one is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a command ended: `code` is missing where a signal ended its process. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that has not ended yet. */
export interface Running {
  /** Its output so far. */
  readonly printed: () => string;
  /** Resolves with the output as soon as that fits; rejects where the command ends before. */
  readonly prints: (pattern: RegExp) => Promise<string>;
  /** Stops it as SIGTERM does, and resolves as it has ended. */
  readonly stop: () => Promise<Ended>;
  readonly ended: Promise<Ended>;
}

export interface Surroundings {
  readonly folder?: string;
  /** All that it sees of an environment. */
  readonly environment?: Environment;
  readonly input?: string;
}

/** Starts a command. It rejects where the command fails other than by saying so. */
export function startHere(args: readonly string[], surroundings: Surroundings = {}): Running {
  const { folder = '', environment = {}, input = '' } = surroundings;
  const output = collectOutput();
  const controller = new AbortController();
  const ended = run(args, {
    env: environment,
    cwd: folder,
    stdin: (async function* () {
      yield Buffer.from(input);
    })(),
    stdout: { write: output.onStdout },
    stderr: { write: output.onStderr },
    signal: controller.signal,
  }).then((code) => ({ code, ...output.written() }));
  const stop = (): Promise<Ended> => {
    controller.abort();
    return ended;
  };
  return { ...output.watch(ended), stop, ended };
}

/** Runs a command to its end. */
export function runHere(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return startHere(args, surroundings).ended;
}

/** What is written to standard output and standard error. */
export function collectOutput() {
  const written = { stdout: '', stderr: '' };
  let listeners: (() => void)[] = [];
  return {
    written: () => ({ ...written }),
    onStdout: (text: string): void => {
      written.stdout += text;
      for (const listener of listeners) listener();
    },
    onStderr: (text: string): void => {
      written.stderr += text;
    },
    watch: (ended: Promise<Ended>): Pick<Running, 'printed' | 'prints'> => ({
      printed: () => written.stdout,
      prints: (pattern) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (!pattern.test(written.stdout)) return;
            listeners = listeners.filter((listener) => listener !== look);
            resolve(written.stdout);
          };
          listeners.push(look);
          look();
          ended.then(({ code, stdout, stderr }) => {
            reject(new Error(`ended with ${String(code)} before it printed ${String(pattern)}: ${stdout}${stderr}`));
          }, reject);
        }),
    }),
  };
}
