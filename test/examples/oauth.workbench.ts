// Adds a sixth contract in a copy of this tree, from its document to passing tests: RFC 6749 §6 as a form. The files in
// oauth/ are written for their places in the copy.
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { copyTree } from '../shared/tree-copy.ts';
import { run } from '../../scripts/new-contract.ts';
import { runHere } from '../scripts/run-here.ts';
import { root } from '../structure/tree.ts';
import { others } from './others.ts';

// Each step starts a process that compiles or loads the whole tree.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const example = join(root, 'test', 'examples', 'oauth');
let tree: ReturnType<typeof copyTree>;
let copy: string;
let newContractOutput: string;

beforeAll(async () => {
  tree = copyTree();
  copy = tree.folder;
  newContractOutput = (await node('scripts/new-contract.ts', join(example, 'oauth.yaml'))).output;
});
afterAll(() => {
  tree.remove();
});

test('the compiler reports exactly the unfinished lines of every document', async () => {
  for (const [name, text] of others) {
    writeFileSync(join(copy, `${name}.yaml`), text);
    expect((await runHere((args, output) => run(args, output, copy), join(copy, `${name}.yaml`))).code).toBe(0);
  }
  const { output, code } = await compile();
  const reported = [...output.matchAll(/^(.+?)\((\d+),\d+\): error/gm)].map(([, file, line]) => `${file}:${line}`);
  expect(code).not.toBe(0);
  const names = ['oauth', ...others.keys()];
  expect(reported.sort()).toEqual(names.flatMap(unfinishedLines).sort());
  const printed = [...newContractOutput.matchAll(/^ {2}(\S+:\d+): .*decide/gm)].map(([, position]) => position);
  expect(printed).toEqual(unfinishedLines('oauth'));
});

test('new-contract writes what the document defines, and leaves the rest open', () => {
  const [adapter, client, expected] = filesOf('oauth').map(textOf);
  expect(client).toContain('export const oauth: SessionContract = {');
  expect(client).toContain('decide(body), // its successor');
  expect(adapter).toContain('credential: ({ body }) => body.refresh_token,');
  expect(adapter).toContain("token_type: 'Bearer',");
  expect(adapter).toContain('expires_in: decide(grant), // for example 3600');
  expect(adapter).toContain('fault: replies.serverError,');
  expect(expected).toContain("bodyWith: (refresh_token) => ({ grant_type: 'refresh_token', refresh_token }),");

  const [xerial] = filesOf('another-xerial').map(textOf);
  expect(xerial).toContain('has the header {"alg":"HS256","typ":"JWT"} and the claims');
  const [fib, , fibExpected] = filesOf('another-fib').map(textOf);
  expect(fib).toContain('credential: ({ headers }) => decide(headers),');
  expect(fibExpected).toContain('bodyWith: undefined,');
  const [header, , headerExpected] = filesOf('with-a-header').map(textOf);
  expect(header).toContain("credential: ({ headers }) => headers['x-token'] ?? '',");
  expect(headerExpected).toContain("credentialHeader: 'x-token',");
  const [odd, , oddExpected] = filesOf('with-odd-names').map(textOf);
  expect(odd).toContain("credential: ({ body }) => body['refresh-token'],");
  expect(odd).toContain('fault: replies.unauthorized500,');
  expect(oddExpected).toContain("bodyWith: (token) => ({ 'refresh-token': token }),");
});

test('a new contract with adapter and test compiles and passes the kit', async () => {
  removeContracts([...others.keys()]);
  const adapter = readFileSync(join(example, 'oauth.ts'), 'utf8');
  expect(adapter.split('\n').length - 1).toBeLessThanOrEqual(80);
  cpSync(join(example, 'oauth.ts'), join(copy, 'src', 'contracts', 'oauth.ts'));
  cpSync(join(example, 'client.ts'), join(copy, 'src', 'client', 'oauth.ts'));
  cpSync(join(example, 'contract-test.ts'), join(copy, 'test', 'contracts', 'oauth.test.ts'));

  // The other files are as `new-contract` wrote them.
  const written = { output: 'wrote generated/console/session-oauth.js\n', code: 0 };
  expect(await node('scripts/generate.ts')).toEqual(written);
  const noOutput = { output: '', code: 0 };
  const [compiled, generated, kit] = await Promise.all([
    compile(),
    node('scripts/generate.ts', '--check'),
    vitest('--reporter=json', '--outputFile=report.json', 'test/contracts/oauth.test.ts'),
  ]);
  expect(compiled).toEqual(noOutput);
  expect(generated).toEqual(noOutput);
  expect(kit.code, kit.output).toBe(0);
  const report = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8')) as {
    numPassedTests: number;
    numTotalTests: number;
  };
  expect(report.numPassedTests).toBe(report.numTotalTests);
  expect(report.numTotalTests).toBeGreaterThan(50);
});

test('the README lists the new contract in its tables', async () => {
  expect(await node('scripts/readme.ts')).toEqual({ output: 'wrote README.md\n', code: 0 });
  expect(readFileSync(join(copy, 'README.md'), 'utf8')).toContain('`POST /oauth/token`');
});

/** The files of a contract that its author finishes. */
function filesOf(name: string): string[] {
  return [`src/contracts/${name}.ts`, `src/client/${name}.ts`, `test/contracts/${name}.test.ts`];
}

function textOf(file: string): string {
  return readFileSync(join(copy, file), 'utf8');
}

function unfinishedLines(name: string): string[] {
  return filesOf(name).flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) => (line.includes('decide(') ? [`${file}:${String(index + 1)}`] : [])),
  );
}

function removeContracts(names: readonly string[]): void {
  for (const folder of ['openapi', 'generated', 'src/contracts', 'src/client', 'test/contracts'])
    for (const file of readdirSync(join(copy, folder)))
      if (names.includes(file.replace(/\..*$/, ''))) rmSync(join(copy, folder, file));
}

/** Compiles incrementally. */
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

/** Runs a program in the copy, without the environment of this run. */
function node(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] };
    execFile(process.execPath, args, { cwd: copy, env, maxBuffer: 1e8 }, (failure, stdout, stderr) => {
      resolve({ output: stdout + stderr, code: failure === null ? 0 : failure.code });
    });
  });
}
