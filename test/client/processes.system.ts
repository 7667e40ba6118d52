// Programs that share a folder, as a Node worker's example does: the locks of Node do not reach from one to the other.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createSession } from '../../src/client/session.ts';
import { xerial } from '../../src/client/xerial.ts';
import { closable, listen } from '../../src/http/listening.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { segment } from '../shared/tokens.ts';

vi.setConfig({ testTimeout: 60_000 });

const jws = (claims: object): string => `${segment({ alg: 'HS256' })}.${segment(claims)}.c2ln`;

function program(origin: string, folder: string): { readonly lines: string[]; readonly go: () => void } {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./process.ts')), origin, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { lines, go: () => void child.stdin.write('go\n') };
}

test('two processes that share a folder share one refresh', async () => {
  const answers: (() => void)[] = [];
  const server = createServer((_request, response) => {
    const turn = answers.length + 1;
    answers.push(() => {
      const [access, refresh] = ['access', 'refresh'].map((use) => ({ token: jws({ use, turn }), expires: '' }));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access, refresh }));
    });
  });
  const origin = await listen(server, 0, '127.0.0.1');
  onTestFinished(() => closable(server, 0).close());
  const folder = temporaryFolder();
  const first = createSession({
    ...{ contract: xerial, origin },
    tokens: { accessToken: jws({ use: 'access', turn: 0 }), refreshToken: jws({ use: 'refresh', turn: 0 }) },
    storage: {
      getItem: () => null,
      setItem: (key, value) => writeFileSync(join(folder, encodeURIComponent(key)), value),
      removeItem: () => undefined,
    },
  });
  await first.isSignedIn();
  first.close();

  const [one, other] = [program(origin, folder), program(origin, folder)];
  const wait = { timeout: 30_000 };
  await vi.waitUntil(() => [one, other].every(({ lines }) => lines.includes('ready')), wait);
  one.go();
  await vi.waitUntil(() => answers.length === 1, wait);
  other.go();
  // It has looked, and found that another is at it; or else it has asked for itself.
  const seen = (): number => other.lines.filter((line) => line === 'leased').length;
  await vi.waitUntil(() => seen() > 1 || answers.length > 1, wait);
  for (const answer of answers) answer();
  const tokenOf = (lines: readonly string[]): string | undefined => lines.find((line) => line.startsWith('token '));
  await vi.waitUntil(() => tokenOf(one.lines) !== undefined && tokenOf(other.lines) !== undefined, wait);
  expect([answers.length, tokenOf(other.lines)]).toEqual([1, tokenOf(one.lines)]);
});
