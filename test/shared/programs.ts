// Scripts of a tree in processes of their own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Program {
  readonly tree: string;
  /** The script of the tree; the product's command line where left out. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly nodeArguments?: readonly string[];
  /** A program that runs Node and leaves its process the child of this one, such as a tracer. */
  readonly under?: readonly string[];
}

export function run({ tree, script = 'src/main.ts', ...program }: Program) {
  const { args = [], environment, nodeArguments = [], under = [] } = program;
  const [file = '', ...rest] = [...under, process.execPath, ...nodeArguments, join(tree, script), ...args];
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [printed, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-10_000)));
  /** Resolves with its exit code; with `null` where a signal ended it. */
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    ...{ child, ended, printed: () => printed },
    /** The end of what it wrote to standard error. */
    complaints: () => complaints,
    /** Resolves with the group of a pattern once that is printed. @throws its complaints where it ends before */
    prints: (pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        child.stdout.on('data', () => {
          const found = pattern.exec(printed)?.[1];
          if (found !== undefined) resolve(found);
        });
        ended.then((code) => reject(new Error(`it ended with ${String(code)}: ${complaints}`)), reject);
      }),
    kill: async (signal: NodeJS.Signals): Promise<void> => {
      child.kill(signal);
      await ended;
    },
    /** Ends it as an operator does; with SIGKILL where that takes too long. */
    stop: async (): Promise<void> => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}
