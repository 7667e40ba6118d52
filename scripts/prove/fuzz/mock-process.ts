// The mock in a process of its own, as a front end starts it with `npm run mock`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface MockProcess {
  readonly origin: string;
  readonly stop: () => Promise<void>;
}

/** @throws what it said where it did not start */
export async function startMock(tree: string, ...args: readonly string[]): Promise<MockProcess> {
  const child = spawn(process.execPath, [join(tree, 'scripts', 'mock.ts'), '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const origin = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
      const found = /on (http:\/\/\S+)/.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the mock ended with ${String(code)}: ${complaints}`)));
  });
  return {
    origin,
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}
