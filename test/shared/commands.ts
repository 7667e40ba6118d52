// The command line in this process: the output and exit code of a process, without the time of its start.
import { run } from '../../src/cli/run.ts';

/** Variables; `undefined` ones are not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The result of a command: `code` is `null` where a signal ended its process. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface Running {
  /** Its output so far. */
  readonly printed: () => string;
  /** Resolves with the output once it matches; rejects where the command ends first. */
  readonly prints: (pattern: RegExp) => Promise<string>;
  /** Stops the command as SIGTERM does and resolves with its result. */
  readonly stop: () => Promise<Ended>;
  readonly ended: Promise<Ended>;
}

export interface Surroundings {
  readonly folder?: string;
  /** The complete environment of the command. */
  readonly environment?: Environment;
  readonly input?: string;
}

/** Starts a command. Its promise rejects where the command fails without a message. */
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

/** Runs a command. */
export function runHere(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return startHere(args, surroundings).ended;
}

/** Collects standard output and standard error. */
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
