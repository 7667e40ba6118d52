// `npm run dev` in a copy of this tree: saved files are served; invalid ones are reported, and the previous version stays.
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { copyTree } from '../shared/tree-copy.ts';
import { run } from '../../scripts/dev.ts';
import { call, json } from '../shared/wire.ts';
import { runHere } from './run-here.ts';

const patience = { timeout: 30_000, interval: 20 };
const path = '/xerial/auth/refresh-tokens';

let tree: ReturnType<typeof copyTree>;
let child: ChildProcess;
let ended: Promise<number | null>;
let said = '';
let [origin, adminOrigin, mockOrigin] = ['', '', ''];

/** Fails with the output where the pattern is not printed. */
const until = (word: RegExp): Promise<unknown> =>
  vi
    .waitUntil(() => word.test(said), patience)
    .catch(() => {
      throw new Error(`${String(word)} was not printed, but: ${said}`);
    });

beforeAll(async () => {
  tree = copyTree();
  const ports = ['--port', '0', '--admin-port', '0', '--mock-port', '0'];
  child = spawn(process.execPath, ['scripts/dev.ts', ...ports], {
    cwd: tree.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ended = new Promise((resolve) => child.once('close', resolve));
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until(/Ctrl-C ends/);
  [, origin = '', mockOrigin = ''] = /Refract on (\S+) \(.*\), its mocks on (\S+)\.\n/.exec(said) ?? [];
  [, adminOrigin = ''] = /Admin API on (\S+) /.exec(said) ?? [];
}, 60_000);
afterAll(() => {
  child.kill('SIGKILL');
  tree.remove();
});

/** Edits a file as an editor does. Resolves with the output once it matches `last`. */
async function save(file: string, edit: (text: string) => string, last: RegExp): Promise<string> {
  said = '';
  const to = join(tree.folder, file);
  const before = readFileSync(to, 'utf8');
  const after = edit(before);
  if (after === before) throw new Error(`the edit of ${file} changes nothing`);
  writeFileSync(`${to}~`, after);
  renameSync(`${to}~`, to);
  await until(last);
  return said;
}

const mocked = async (code: number): Promise<unknown> =>
  json(
    await call(mockOrigin, {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', prefer: `code=${String(code)}` },
      body: '{"refreshToken":"any"}',
    }),
  );
const statusFor = async (refreshToken: string): Promise<number> => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ refreshToken });
  const kirjaswappi = '/kirjaswappi/api/v1/authenticate/refresh';
  return (await call(origin, { method: 'POST', path: kirjaswappi, headers, body })).status;
};

describe('npm run dev', { timeout: 60_000 }, () => {
  test('dev prints a call for every contract that works', async () => {
    expect(said.match(/^curl /gm)).toHaveLength(5);
    const [, token = ''] = /xerial.*"refreshToken":"([^"]+)"/.exec(said) ?? [];
    const headers = { 'content-type': 'application/json' };
    const answer = await call(origin, { method: 'POST', path, headers, body: JSON.stringify({ refreshToken: token }) });
    expect(answer.status).toBe(200);
  });

  test('dev mocks an edited document and reports its changes', async () => {
    const edit = (text: string): string => text.replace('error: Internal Server Error', 'error: Out of order');
    const output = await save('openapi/xerial.yaml', edit, /changes/);
    expect(output).toMatch(
      /^\nxerial\.yaml was saved\n {2}server {3}serves it, and so does the mock, \d+ ms after the save\n/,
    );
    expect(output).toMatch(/\n {2}lint {5}no findings\n {2}types {4}everything compiles\n {2}changes {2}/);
    expect(await mocked(500)).toEqual({ error: 'Out of order' });
  });

  test('dev validates requests of the real server against an edited document', async () => {
    expect(await statusFor('not-a-token')).toBe(401);
    const edit = (text: string): string =>
      text.replace(
        /( +)refreshToken:\n +type: string\n/,
        (found, indent: string) => `${found}${indent}  minLength: 20\n`,
      );
    const output = await save('openapi/kirjaswappi.yaml', edit, /changes.*\n.*\n.*\n/);
    expect(output).toMatch(/changes {2}major for clients\n +major +kirjaswappi\.yaml:\d+ POST .* › .*minLength/);
    expect(await statusFor('not-a-token')).toBe(400);
    // Generated files are updated as well.
    const back = (text: string): string => text.replace(/ +minLength: 20\n/, '');
    await save('openapi/kirjaswappi.yaml', back, /changes/);
    expect(await statusFor('not-a-token')).toBe(401);
  });

  test('dev reports broken YAML with its line and serves the previous version', async () => {
    const broken = (text: string): string => text.replace('  RefreshRequest:', '  RefreshRequest: [');
    const output = await save('openapi/xerial.yaml', broken, /lint/);
    expect(output).toMatch(/server {3}not applied: still serving the previous version\.\n/);
    expect(output).toMatch(/lint {5}openapi\/xerial\.yaml:\d+: the YAML is broken: [^\n]+ \(loader\)\n +\d+ \|/);
    expect(await mocked(500)).toEqual({ error: 'Out of order' });
    const fixed = await save(
      'openapi/xerial.yaml',
      (text) => text.replace('RefreshRequest: [', 'RefreshRequest:'),
      /changes/,
    );
    expect(fixed).toMatch(/server {3}serves it, and so does the mock/);
  });

  test('dev serves an edited admin document on its listener, reference and mock', async () => {
    const shorter = (text: string): string =>
      text
        .replace('detail: There is no subject alice.', 'detail: There is no alice.')
        .replace(/pattern: .*\|200\)\$'/, () => "pattern: '^[1-9]$'");
    const output = await save('openapi/admin.yaml', shorter, /changes.*\n.*\n.*\n/);
    expect(output).toMatch(
      /admin\.yaml was saved\n {2}server {3}serves it, and so does the mock, \d+ ms after the save\n/,
    );
    expect(output).toMatch(/changes {2}major for clients\n/);
    const headers = { authorization: `Bearer ${readFileSync(join(tree.folder, 'var', 'admin.token'), 'utf8').trim()}` };
    const limited = async (limit: number): Promise<number> =>
      (await call(adminOrigin, { method: 'GET', path: `/admin/v1/sessions?limit=${String(limit)}`, headers })).status;
    expect([await limited(9), await limited(10)]).toEqual([200, 400]);
    expect((await call(adminOrigin, { method: 'GET', path: '/console/admin.yaml' })).body).toContain('no alice');
    const missing = { method: 'GET', path: '/admin/v1/subjects/alice', headers: { ...headers, prefer: 'code=404' } };
    expect(json(await call(mockOrigin, missing))).toMatchObject({ detail: 'There is no alice.' });
    const broken = await save(
      'openapi/admin.yaml',
      (text) => text.replace('- url: /admin/v1', '- url: /fib'),
      /changes/,
    );
    expect(broken).toMatch(/server {3}.*is mounted at \/fib already/);
    expect(await limited(9)).toBe(200);
    const fix = (text: string): string => text.replace('- url: /fib', '- url: /admin/v1');
    await save('openapi/admin.yaml', fix, /changes/);
  });

  test('dev reports a lint finding with its lines and serves the valid document', async () => {
    const edit = (text: string): string => text.replace('  title: Xerial auth tokens', "  title: ''");
    const output = await save('openapi/xerial.yaml', edit, /changes/);
    expect(output).toMatch(/server {3}serves/);
    expect(output).toMatch(
      /lint {5}openapi\/xerial\.yaml:\d+: Give the document a title that says what it is\. \(rule\/title\)\n/,
    );
    expect(output).toMatch(/ {11}\d+ \| +title: ''\n/);
    await save('openapi/xerial.yaml', (text) => text.replace("  title: ''", '  title: Xerial auth tokens'), /changes/);
  });

  test('dev reports an adapter that does not compile and writes generated files', async () => {
    const renamed = (text: string): string =>
      text
        .replace('required: [error]', 'required: [problem]')
        .replace(/( +)error:\n/, '$1problem:\n')
        .replace('error: Out of order', 'problem: Out of order');
    const output = await save('openapi/xerial.yaml', renamed, /changes.*\n.*\n.*\n/);
    expect(output).toMatch(/changes {2}major for clients\n/);
    expect(output).toMatch(
      /server {3}not applied: still serving the previous version\. openapi\/xerial\.yaml: refreshTokens responds to fault with 500/,
    );
    expect(output).toMatch(/types {4}src\/contracts\/xerial\.ts:\d+: [^\n]*'error' does not exist[^\n]*\n +\d+ \|/);
    expect(readFileSync(join(tree.folder, 'generated/xerial.ts'), 'utf8')).toContain('problem: string');
    // The mock needs no adapter, so it is ahead.
    expect(await mocked(500)).toEqual({ problem: 'Out of order' });
  });

  test('dev serves an edited adapter in the next thread on the same ports', async () => {
    const edit = (text: string): string =>
      text.replace("{ error: 'Internal Server Error' }", "{ problem: 'Out of order' }");
    const output = await save('src/contracts/xerial.ts', edit, /types/);
    expect(output).toMatch(
      /src\/contracts\/xerial\.ts was saved\n {2}server {3}serves it, and so does the mock, \d+ ms after the save\n/,
    );
    expect(output).toMatch(/types {4}everything compiles/);
    expect(await mocked(500)).toEqual({ problem: 'Out of order' });
    expect(await statusFor('not-a-token')).toBe(401);
  });

  test('dev keeps the previous thread after a syntax error in an adapter', async () => {
    const output = await save('src/contracts/xerial.ts', (text) => `${text}\nconst = 7;\n`, /types/);
    expect(output).toMatch(
      /server {3}not applied: still serving the previous version\. openapi\/xerial\.yaml has no adapter that can be loaded/,
    );
    expect(output.match(/types {4}/g)).toHaveLength(1);
    expect(await mocked(500)).toEqual({ problem: 'Out of order' });
    await save('src/contracts/xerial.ts', (text) => text.replace('\nconst = 7;\n', ''), /everything compiles/);
  });

  test('dev reports an added document without an adapter and does not serve it', async () => {
    said = '';
    const added = readFileSync(join(tree.folder, 'openapi/xerial.yaml'), 'utf8').replace(
      '- url: /xerial',
      '- url: /acme',
    );
    writeFileSync(join(tree.folder, 'openapi/acme.yaml'), added);
    await until(/types/);
    expect(said).toMatch(
      /server {3}.*openapi\/acme\.yaml has no adapter that can be loaded as src\/contracts\/acme\.ts/,
    );
    expect(await mocked(500)).toEqual({ problem: 'Out of order' });
    said = '';
    rmSync(join(tree.folder, 'openapi/acme.yaml'));
    await until(/acme\.yaml was saved\n {2}server {3}serves/);
  });

  test('dev ignores hidden files and broken links in openapi/', async () => {
    for (const name of ['.#fib.yaml', 'nowhere.yaml']) symlinkSync('user@host.1:2', join(tree.folder, 'openapi', name));
    const edit = (text: string): string => text.replace('problem: Out of order', 'problem: Still out of order');
    const output = await save('openapi/xerial.yaml', edit, /changes/);
    expect(output).toMatch(/xerial\.yaml was saved\n {2}server {3}serves/);
    expect(output).not.toContain('fault');
    for (const name of ['.#fib.yaml', 'nowhere.yaml']) rmSync(join(tree.folder, 'openapi', name));
  });

  test('dev serves documents together that are only valid together', async () => {
    said = '';
    const move = (file: string, from: string, to: string): void => {
      const path = join(tree.folder, 'openapi', file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(`- url: /${from}\n`, `- url: /${to}\n`));
    };
    move('fib.yaml', 'fib', 'orillion');
    move('orillion.yaml', 'orillion', 'fib');
    await until(/served {3}together/);
    await until(/orillion is|changes {2}major[^]*changes {2}major/);
    said = '';
    move('fib.yaml', 'orillion', 'fib');
    move('orillion.yaml', 'fib', 'orillion');
    await until(/changes {2}major[^]*changes {2}major/);
  });

  test('dev watches a folder again that was removed and restored', async () => {
    const [folder, aside] = [join(tree.folder, 'src/observe'), join(tree.folder, 'observe-aside')];
    said = '';
    renameSync(folder, aside);
    await until(/was saved|were saved/);
    cpSync(aside, folder, { recursive: true });
    rmSync(aside, { recursive: true });
    await until(/server {3}serves[^]*everything compiles/);
    // Twice: the first save may be in one batch with the restored folder.
    for (let edits = 0; edits < 2; edits += 1) {
      await save(
        'src/observe/log.ts',
        (text) => `${text}\n// saved\n`,
        /log\.ts\b[^\n]* saved\n {2}server {3}serves[^]*types/,
      );
    }
  });

  test('dev reports a thread that fails, and starts another at the next save', async () => {
    const before = readFileSync(join(tree.folder, 'src/engine/rotation.ts'), 'utf8');
    const mortal =
      "import { existsSync } from 'node:fs';\nsetInterval(() => {\n  if (existsSync('die')) throw new Error('died');\n}, 20);\n";
    await save('src/engine/rotation.ts', (text) => mortal + text, /server {3}serves[^]*types/);
    writeFileSync(join(tree.folder, 'die'), '');
    await until(/stopped/);
    expect(said).toMatch(/stopped {2}The serving thread ended, so nothing is served: /);
    await save('src/engine/rotation.ts', () => before, /server {3}serves/);
    expect(await statusFor('not-a-token')).toBe(401);
  });

  test('Ctrl-C stops dev without open ports or files', async () => {
    // A terminal sends the signal to npm as well, which forwards it.
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(readdirSync(join(tree.folder, 'var')).filter((file) => /-(wal|shm)$/.test(file))).toEqual([]);
    await expect(call(origin, { method: 'GET', path: '/healthz' })).rejects.toThrow();
    await expect(call(mockOrigin, { method: 'GET', path: '/healthz' })).rejects.toThrow();
  });
});

test('dev refuses an invalid port with one sentence', async () => {
  const { code, stderr } = await runHere(run, '--port', 'many');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^dev: [^\n]*many[^\n]*\n$/)]);
});
