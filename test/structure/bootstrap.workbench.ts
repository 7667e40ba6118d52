// scripts/bootstrap.mjs launches every npm script, so it is quick and silent if nothing is missing. The tests use clones of a
// few files, with a fake npm that records its calls.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { read, root } from './tree.ts';

describe('on an installed tree', () => {
  test('bootstrap does nothing and prints nothing on an installed tree', () => {
    const stamp = join(root, 'node_modules', '.refract-installed');
    const before = statSync(stamp).mtimeMs;
    // Without an npm to call, an attempt to install fails instead of changing the tree under the other tests.
    const env = { ...process.env, npm_execpath: join(root, 'no-npm-here') };
    const run = spawnSync(process.execPath, ['scripts/bootstrap.mjs', '--full'], { cwd: root, env, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(statSync(stamp).mtimeMs).toBe(before);
  });
});

describe('on a fresh clone', () => {
  test('bootstrap on a fresh clone installs once what serving needs', async () => {
    const clone = makeClone();
    expect(await clone.bootstrap()).toBe(0);
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toEqual(serving);
  });

  test('bootstrap adds the rest for a command that needs it, and removes nothing', async () => {
    const clone = makeClone();
    await clone.bootstrap();
    expect(await clone.bootstrap(['--full'])).toBe(0);
    expect(await clone.bootstrap(['--full'])).toBe(0);
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toEqual([...serving, 'clone install --no-save --include=dev']);
  });

  test('bootstrap installs everything at once if the first command needs it', async () => {
    const clone = makeClone();
    expect(await clone.bootstrap(['--full'])).toBe(0);
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toEqual(['clone ci --include=dev', serving[1]]);
  });

  test('concurrent runs of bootstrap share one installation', async () => {
    const clone = makeClone();
    expect(await Promise.all([clone.bootstrap(), clone.bootstrap(), clone.bootstrap()])).toEqual([0, 0, 0]);
    expect(clone.installs()).toEqual(serving);
  });

  test('bootstrap installs again after a change of the lockfile', async () => {
    const clone = makeClone();
    await clone.bootstrap();
    writeFileSync(join(clone.folder, 'package-lock.json'), '{"changed":true}');
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toEqual([...serving, ...serving].sort());
  });

  test('bootstrap retries a failed installation before it runs a program', async () => {
    const clone = makeClone();
    expect(await clone.bootstrap(['program.mjs', '7'], { FAIL: 'yes' })).toBe(1);
    expect(await clone.bootstrap(['program.mjs', '7'])).toBe(7);
    expect(clone.installs()).toEqual([...serving, ...serving].sort());
  });

  test('a lock of an ended process does not block the next run of bootstrap', async () => {
    const clone = makeClone();
    const gone = spawnSync(process.execPath, ['--version']).pid;
    mkdirSync(join(clone.folder, 'var', 'bootstrap.lock'), { recursive: true });
    writeFileSync(join(clone.folder, 'var', 'bootstrap.lock', 'pid'), String(gone));
    expect(await clone.bootstrap()).toBe(0);
    expect(existsSync(join(clone.folder, 'var', 'bootstrap.lock'))).toBe(false);
  });
});

describe('the launched program', () => {
  test('bootstrap passes arguments and flags to its program, and exits with its code', async () => {
    const clone = makeClone();
    expect(await clone.bootstrap(['--max-semi-space-size=2', 'program.mjs', '3', '--flag', 'a b'])).toBe(3);
    const [pid, ...args] = readFileSync(join(clone.folder, 'ran'), 'utf8').split('\n');
    expect(args).toEqual(['--max-semi-space-size=2', '3', '--flag', 'a b']);
    expect(Number(pid), 'it takes the place of the launcher').toBe(clone.lastPid());
  });

  test('a program launched under an old Node is a child that gets every signal once', async () => {
    const clone = makeClone();
    const started = clone.start(['program.mjs', 'wait'], { ...process.env, NO_EXECVE: 'yes' });
    await vi.waitUntil(() => existsSync(join(clone.folder, 'ran')), { timeout: 30_000 });
    started.kill('SIGTERM');
    const [code] = (await once(started, 'exit')) as [number];
    expect(code).toBe(5);
    expect(readFileSync(join(clone.folder, 'signals'), 'utf8')).toBe('SIGTERM\n');
  });
});

test('every package with an installation script is decided on by name, and no other', () => {
  const decided = Object.keys((JSON.parse(read('package.json')) as { allowScripts: object }).allowScripts);
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { hasInstallScript?: true }> };
  const places = Object.keys(lock.packages).filter((place) => place !== '');
  const scripted = places.filter((place) => lock.packages[place]?.hasInstallScript ?? runsOnInstall(place));
  const names = scripted.map((place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect([...new Set(names)].sort()).toEqual(decided.sort());
});

/** Some registries omit the mark in the lockfile, so the installed package is read too. */
function runsOnInstall(place: string): boolean {
  const folder = join(root, place);
  if (!existsSync(join(folder, 'package.json'))) return false;
  const { scripts = {} } = JSON.parse(read(join(place, 'package.json'))) as { scripts?: Record<string, string> };
  const declared = ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
  // npm builds a package that has this file.
  return declared || existsSync(join(folder, 'binding.gyp'));
}

/** The calls of npm for serving, in any order. */
const serving = ['clone ci --omit=dev', 'runtime ci --omit=optional'];

function makeClone() {
  const folder = mkdtempSync(join(tmpdir(), 'refract-bootstrap-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'scripts', 'runtime'), { recursive: true });
  cpSync(join(root, 'scripts', 'bootstrap.mjs'), join(folder, 'scripts', 'bootstrap.mjs'));
  for (const lockfile of ['package-lock.json', 'scripts/runtime/package-lock.json'])
    writeFileSync(join(folder, lockfile), '{}');
  const calls = join(folder, 'calls');
  const npm = join(folder, 'npm.mjs');
  writeFileSync(calls, '');
  writeFileSync(npm, standIn(calls));
  writeFileSync(join(folder, 'program.mjs'), program);
  // An old Node has no `process.execve`.
  writeFileSync(join(folder, 'old.cjs'), `if (process.env.NO_EXECVE) process.execve = undefined;`);
  let lastPid: number | undefined;
  const start = (args: readonly string[], env: NodeJS.ProcessEnv) => {
    const child = spawn(process.execPath, ['--require', './old.cjs', 'scripts/bootstrap.mjs', ...args], {
      cwd: folder,
      env: { ...env, npm_execpath: npm },
      stdio: 'ignore',
    });
    lastPid = child.pid;
    return child;
  };
  return {
    folder,
    lastPid: () => lastPid,
    installs: () => readFileSync(calls, 'utf8').split('\n').filter(Boolean).sort(byLevel),
    start,
    bootstrap: async (args: readonly string[] = [], env: Record<string, string> = {}): Promise<unknown> => {
      const [code] = (await once(start(args, { ...process.env, ...env }), 'exit')) as [unknown];
      return code;
    },
  };
}

/** Both start at once; a later addition is last. */
function byLevel(one: string, other: string): number {
  return one.includes('install') === other.includes('install')
    ? one.localeCompare(other)
    : one.includes('install')
      ? 1
      : -1;
}

function standIn(calls: string): string {
  return `
    import { appendFileSync, mkdirSync } from 'node:fs';
    import { basename } from 'node:path';
    const place = basename(process.cwd()) === 'runtime' ? 'runtime' : 'clone';
    const [command, ...options] = process.argv.slice(2).filter((arg) => !/loglevel|fund|audit/.test(arg));
    appendFileSync(${JSON.stringify(calls)}, [place, command, ...options].join(' ') + '\\n');
    if (process.env.FAIL) process.exit(1);
    mkdirSync('node_modules/.bin', { recursive: true });
  `;
}

const program = `
  import { appendFileSync, writeFileSync } from 'node:fs';
  const [first] = process.argv.slice(2);
  if (first === 'wait') {
    process.on('SIGTERM', () => {
      appendFileSync('signals', 'SIGTERM\\n');
      setTimeout(() => process.exit(5), 300);
    });
    setTimeout(() => {}, 60_000);
  } else process.exitCode = Number(first);
  writeFileSync('ran', [process.pid, ...process.execArgv.filter((flag) => flag.includes('space')), ...process.argv.slice(2)].join('\\n'));
`;
