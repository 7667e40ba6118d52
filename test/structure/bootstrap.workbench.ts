// scripts/bootstrap.mjs runs before every npm script, so it must be quick and quiet where nothing is missing. It is tried
// here on clones of a few files, with a stand-in for npm that only notes where it was called.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { read, root } from './tree.ts';

describe('on an installed tree', () => {
  test('nothing is done and nothing said', () => {
    const stamp = join(root, 'node_modules', '.refract-installed');
    const before = statSync(stamp).mtimeMs;
    // Without an npm to call, an attempt to install fails instead of changing the tree under the other tests.
    const env = { ...process.env, npm_execpath: join(root, 'no-npm-here') };
    const run = spawnSync(process.execPath, ['scripts/bootstrap.mjs'], { cwd: root, env, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(statSync(stamp).mtimeMs).toBe(before);
  });
});

describe('on a fresh clone', () => {
  test('the dependencies are installed, once', async () => {
    const clone = makeClone();
    expect(await clone.bootstrap()).toBe(0);
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toEqual([clone.folder]);
  });

  test('two runs at once share one installation', async () => {
    const clone = makeClone();
    expect(await Promise.all([clone.bootstrap(), clone.bootstrap(), clone.bootstrap()])).toEqual([0, 0, 0]);
    expect(clone.installs()).toEqual([clone.folder]);
  });

  test('a changed lockfile is installed anew', async () => {
    const clone = makeClone();
    await clone.bootstrap();
    writeFileSync(join(clone.folder, 'package-lock.json'), '{"changed":true}');
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toHaveLength(2);
  });

  test('an installation that failed is tried again', async () => {
    const clone = makeClone();
    expect(await clone.bootstrap({ FAIL: 'yes' })).toBe(1);
    expect(await clone.bootstrap()).toBe(0);
    expect(clone.installs()).toHaveLength(2);
  });

  test('a lock whose owner is gone does not stop the next run', async () => {
    const clone = makeClone();
    const gone = spawnSync(process.execPath, ['--version']).pid;
    mkdirSync(join(clone.folder, 'var', 'bootstrap.lock'), { recursive: true });
    writeFileSync(join(clone.folder, 'var', 'bootstrap.lock', 'pid'), String(gone));
    expect(await clone.bootstrap()).toBe(0);
    expect(existsSync(join(clone.folder, 'var', 'bootstrap.lock'))).toBe(false);
  });
});

test('every package that would run a script on installation is decided on by name, and no other is', () => {
  const decided = Object.keys((JSON.parse(read('package.json')) as { allowScripts: object }).allowScripts);
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { hasInstallScript?: true }> };
  const places = Object.keys(lock.packages).filter((place) => place !== '');
  const scripted = places.filter((place) => lock.packages[place]?.hasInstallScript ?? runsOnInstall(place));
  const names = scripted.map((place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect([...new Set(names)].sort()).toEqual(decided.sort());
});

/** Some registries leave the mark out of the lockfile, so the installed package is asked too. */
function runsOnInstall(place: string): boolean {
  const folder = join(root, place);
  if (!existsSync(join(folder, 'package.json'))) return false;
  const { scripts = {} } = JSON.parse(read(join(place, 'package.json'))) as { scripts?: Record<string, string> };
  const declared = ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
  // npm builds where it finds this file, without being told to.
  return declared || existsSync(join(folder, 'binding.gyp'));
}

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
  return {
    folder,
    installs: () => readFileSync(calls, 'utf8').split('\n').filter(Boolean),
    bootstrap: async (env: Record<string, string> = {}) => {
      const run = spawn(process.execPath, ['scripts/bootstrap.mjs'], {
        cwd: folder,
        env: { ...process.env, npm_execpath: npm, ...env },
        stdio: 'ignore',
      });
      return new Promise((resolve) => run.once('exit', resolve));
    },
  };
}

function standIn(calls: string): string {
  return `
    import { appendFileSync, mkdirSync } from 'node:fs';
    appendFileSync(${JSON.stringify(calls)}, process.cwd() + '\\n');
    if (process.env.FAIL) process.exit(1);
    mkdirSync('node_modules/.bin', { recursive: true });
  `;
}
