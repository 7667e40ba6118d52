// Node processes that act at the same moment.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts one process of `script` for each list of arguments, releases them once all are ready, and returns their results.
 * @throws standard error of a process that failed
 * @param before a shell command to run first, such as a limit
 * @param meanwhile a function to run once they are released
 */
export async function runAtOnce(
  script: URL,
  argumentLists: readonly (readonly string[])[],
  { before = 'true', meanwhile }: { readonly before?: string; readonly meanwhile?: () => unknown } = {},
): Promise<unknown[]> {
  const command = ['-c', `${before}; exec "$0" "$@"`, process.execPath, fileURLToPath(script)];
  const processes = argumentLists.map((list) => spawn('sh', [...command, ...list]));
  try {
    const answers = Promise.all(processes.map(answerOf));
    await Promise.race([Promise.all(processes.map(isReady)), answers]);
    await Promise.all(processes.map(({ stdin }) => new Promise<void>((resolve) => stdin.end(() => resolve()))));
    await meanwhile?.();
    return await answers;
  } finally {
    for (const each of processes) each.kill();
  }
}

/** In the process: reports that it is ready and waits until it is released. */
export async function letGo(): Promise<void> {
  process.stdout.write('ready\n');
  for await (const _nothing of process.stdin);
}

/** In the process: returns a result as JSON. */
export function answer(value: unknown): void {
  process.stdout.write(JSON.stringify(value));
}

function isReady({ stdout }: ChildProcess): Promise<void> {
  return new Promise((resolve) => stdout?.once('data', () => resolve()));
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let written = '';
    let complaint = '';
    child.stdout?.on('data', (chunk) => (written += String(chunk)));
    child.stderr?.on('data', (chunk) => (complaint += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(written.replace('ready\n', '')));
      else reject(new Error(`exit ${String(code)}: ${complaint}`));
    });
  });
}
