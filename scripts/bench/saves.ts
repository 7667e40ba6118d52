// From saving a document to the first response that follows it, of the real server and of the mock, in a copy of this
// tree with a real `npm run dev`. Each save changes both: the shortest token that the server takes, and an example.
import { spawn } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median } from './loading.ts';
import type { Bench } from './targets.ts';
import { copyTree } from './tree-copy.ts';

const saves = 20;
const path = '/kirjaswappi/api/v1/authenticate/refresh';

/** @returns the figures as text. @throws Error where a save is not served within ten seconds */
export async function measureSaves({ atEnd }: Bench): Promise<string> {
  const tree = copyTree();
  atEnd(tree.remove);
  const dev = spawn(process.execPath, ['scripts/dev.ts', '--port', '0', '--mock-port', '0'], { cwd: tree.folder });
  const ended = new Promise((resolve) => dev.once('close', resolve));
  atEnd(async () => {
    dev.kill('SIGTERM');
    await ended;
  });
  let said = '';
  dev.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  dev.stderr.resume();
  await until(30_000, () => Promise.resolve(said.includes('Ctrl-C ends')));
  const [, server = '', mock = ''] = /Refract on (\S+) \(.*\), its mocks on (\S+)\.\n/.exec(said) ?? [];

  const file = join(tree.folder, 'openapi/kirjaswappi.yaml');
  const text = readFileSync(file, 'utf8');
  const times: { server: number[]; mock: number[] } = { server: [], mock: [] };
  for (let save = 1; save <= saves; save += 1) {
    said = '';
    const isStrict = save % 2 === 1;
    const edited = text
      .replace(/( +)refreshToken:\n +type: string\n/, (found, indent: string) =>
        isStrict ? `${found}${indent}  minLength: 20\n` : found,
      )
      .replace(/jwtToken: .*\n/, `jwtToken: save-${String(save)}\n`);
    writeFileSync(`${file}~`, edited);
    const started = performance.now();
    renameSync(`${file}~`, file);
    const served = async (follows: () => Promise<boolean>): Promise<number> => {
      await until(10_000, follows);
      return performance.now() - started;
    };
    const [byServer, byMock] = await Promise.all([
      served(async () => (await post(server)).status === (isStrict ? 400 : 401)),
      served(async () =>
        (await (await post(mock, 'any-token-of-twenty-characters')).text()).includes(`save-${String(save)}"`),
      ),
    ]);
    times.server.push(byServer);
    times.mock.push(byMock);
    // The next save begins when this one is done with.
    await until(10_000, () => Promise.resolve(/changes/.test(said)));
  }
  return [
    `Saved → served in \`npm run dev\`, ${String(saves)} saves of kirjaswappi.yaml:`,
    `  real server  ${summaryOf(times.server)}`,
    `  mock         ${summaryOf(times.mock)}`,
  ].join('\n');
}

function post(origin: string, refreshToken = 'not-a-token'): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(origin + path, { method: 'POST', headers, body: JSON.stringify({ refreshToken }) });
}

async function until(patience: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Nothing came within ${String(patience)} ms.`);
    await wait(5);
  }
}

function summaryOf(times: readonly number[]): string {
  return `median ${median(times).toFixed(0)} ms, from ${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} ms`;
}
