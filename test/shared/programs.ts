// Scripts of a tree, each in a separate process.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Script {
  readonly tree: string;
  /** The path of the script in the tree; the product's command line unless given. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly nodeArguments?: readonly string[];
  /** A program that starts Node and leaves its process the child of this one, such as a tracer. */
  readonly under?: readonly string[];
}

export function startScript({ tree, script = 'src/main.ts', ...options }: Script) {
  const { args = [], environment, nodeArguments = [], under = [] } = options;
  const [file = '', ...rest] = [...under, process.execPath, ...nodeArguments, join(tree, script), ...args];
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [printed, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-10_000)));
  /** Resolves with the exit code; with `null` if a signal ended the process. */
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    ...{ child, ended, printed: () => printed },
    /** The last 10,000 characters of standard error. */
    errors: () => errors,
    /** Resolves with the first group of a pattern once it is printed. @throws standard error if the process ends first */
    prints: (pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        child.stdout.on('data', () => {
          const found = pattern.exec(printed)?.[1];
          if (found !== undefined) resolve(found);
        });
        ended.then((code) => reject(new Error(`it ended with ${String(code)}: ${errors}`)), reject);
      }),
    kill: async (signal: NodeJS.Signals): Promise<void> => {
      child.kill(signal);
      await ended;
    },
    /** Stops the process as an operator does; kills it after ten seconds. */
    stop: async (): Promise<void> => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}
