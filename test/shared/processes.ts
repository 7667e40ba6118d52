// Node processes that do something at the same moment.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts one process of `script` for each list of arguments, lets all of them go once all are ready, and returns what
 * each has answered. @throws what a process wrote to standard error where it failed
 * @param before a shell command that each process runs under, such as a limit
 * @param meanwhile what this process does as soon as it has let them go
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

/** The other side of it: says that this process is ready, and waits to be let go. */
export async function letGo(): Promise<void> {
  process.stdout.write('ready\n');
  for await (const _nothing of process.stdin);
}

/** Answers, with any JSON. */
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
