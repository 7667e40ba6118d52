// Programs that share a session in a folder: the Web Locks of Node are limited to one process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

const jws = (claims: object): string => `${segment({ alg: 'HS256' })}.${segment(claims)}.c2ln`;

interface Program {
  readonly lines: string[];
  readonly go: () => void;
  readonly ended: Promise<unknown>;
}

function program(origin: string, folder: string): Program {
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
  return { lines, go: () => void child.stdin.write('go\n'), ended: once(child, 'exit') };
}

/** Milliseconds; a lease left behind would block for 15 seconds. */
const prompt = 5_000;
const wait = { timeout: 30_000 };

/** A server with delayed responses, and a folder with a session of it. */
async function prepare() {
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
  const start = async (): Promise<Program> => {
    const started = program(origin, folder);
    await vi.waitUntil(() => started.lines.includes('ready'), wait);
    return started;
  };
  return { answers, start };
}

const tokenOf = ({ lines }: Program): string | undefined => lines.find((line) => line.startsWith('token '));

/** Milliseconds until the program has a token. */
async function timeToToken(of: Program): Promise<number> {
  const begun = performance.now();
  await vi.waitUntil(() => tokenOf(of) !== undefined, wait);
  return performance.now() - begun;
}

test('two processes share one refresh, and neither waits after it is stored', async () => {
  const { answers, start } = await prepare();
  const [one, other] = [await start(), await start()];
  one.go();
  await vi.waitUntil(() => answers.length === 1, wait);
  other.go();
  // The second one waits for the lease of the first one, or has sent its own request.
  const leased = (): number => other.lines.filter((line) => line === 'leased').length;
  await vi.waitUntil(() => leased() > 1 || answers.length > 1, wait);
  for (const answer of answers) answer();
  // The first process ends as soon as it has its token.
  expect(await timeToToken(other)).toBeLessThan(prompt);
  await timeToToken(one);
  expect([answers.length, tokenOf(other)]).toEqual([1, tokenOf(one)]);
});

test('a process that refreshes and ends leaves no lease behind', async () => {
  const { answers, start } = await prepare();
  const one = await start();
  one.go();
  await vi.waitUntil(() => answers.length === 1, wait);
  answers[0]?.();
  await one.ended;
  const next = await start();
  next.go();
  await vi.waitUntil(() => answers.length === 2, { timeout: prompt });
  answers[1]?.();
  expect(await timeToToken(next)).toBeLessThan(prompt);
  expect(tokenOf(next)).not.toBe(tokenOf(one));
});
