// A sixth contract from its document to green, in a copy of this tree, as whoever adds one does it: RFC 6749 §6 as a
// form. What is put into the copy stands in oauth/, written for the places it gets there.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { root } from '../structure/tree.ts';

// Each step starts a process that compiles or loads all there is.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const example = join(root, 'test', 'examples', 'oauth');
let copy: string;
let told: string;

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'refract-test-'));
  const runtime = join(root, 'scripts', 'runtime');
  for (const name of ['src', 'openapi', 'generated', 'scripts', 'test', 'package.json', 'tsconfig.json', 'README.md'])
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: (path) => !path.startsWith(runtime) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  told = (await node('scripts/new-contract.ts', join(example, 'oauth.yaml'))).output;
});
afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

test('the compiler points at the lines that are left to write, and at no other', async () => {
  const { output, code } = await compile();
  const pointedAt = [...output.matchAll(/^(.+?)\((\d+),\d+\): error/gm)].map(([, file, line]) => `${file}:${line}`);
  expect(code).not.toBe(0);
  expect(pointedAt).toEqual([...linesLeft('src/contracts/oauth.ts'), ...linesLeft('test/contracts/oauth.test.ts')]);
  expect([...told.matchAll(/^ {2}(\S+:\d+): .*decide/gm)].map(([, place]) => place)).toEqual(pointedAt);
});

test('with adapter and test written it compiles, its files match its document, and it passes the kit', async () => {
  const adapter = readFileSync(join(example, 'oauth.ts'), 'utf8');
  expect(adapter.split('\n').length - 1).toBeLessThanOrEqual(80);
  cpSync(join(example, 'oauth.ts'), join(copy, 'src', 'contracts', 'oauth.ts'));
  cpSync(join(example, 'contract-test.ts'), join(copy, 'test', 'contracts', 'oauth.test.ts'));

  const silence = { output: '', code: 0 };
  const [compiled, generated, kit] = await Promise.all([
    compile(),
    node('scripts/generate.ts', '--check'),
    vitest('--reporter=json', '--outputFile=report.json', 'test/contracts/oauth.test.ts'),
  ]);
  expect(compiled).toEqual(silence);
  expect(generated).toEqual(silence);
  expect(kit.code, kit.output).toBe(0);
  const report = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8')) as {
    numPassedTests: number;
    numTotalTests: number;
  };
  expect(report.numPassedTests).toBe(report.numTotalTests);
  expect(report.numTotalTests).toBeGreaterThan(50);
});

test('the README takes it into its tables', async () => {
  expect(await node('scripts/readme.ts')).toEqual({ output: 'wrote README.md\n', code: 0 });
  expect(readFileSync(join(copy, 'README.md'), 'utf8')).toContain('`POST /oauth/token`');
});

function linesLeft(file: string): string[] {
  const lines = readFileSync(join(copy, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => (line.includes('decide(') ? [`${file}:${String(index + 1)}`] : []));
}

/** The second look is at what changed since the first. */
function compile(): Promise<Ended> {
  return node('node_modules/typescript/bin/tsc', '--incremental', '--tsBuildInfoFile', 'tsc.json', '--pretty', 'false');
}

function vitest(...args: readonly string[]): Promise<Ended> {
  return node('node_modules/vitest/vitest.mjs', 'run', '--config=test/vitest.config.ts', '--no-cache', ...args);
}

interface Ended {
  readonly output: string;
  readonly code: unknown;
}

/** Runs a program in the copy, with nothing of this run's own environment. */
function node(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] };
    execFile(process.execPath, args, { cwd: copy, env, maxBuffer: 1e8 }, (failure, stdout, stderr) => {
      resolve({ output: stdout + stderr, code: failure === null ? 0 : failure.code });
    });
  });
}
