// An installation has only reviewed packages from the registry. bootstrap.workbench.ts has the packages that may run a
// script, layout.workbench.ts the exact versions of every manifest.
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockDrift, looseLocks, looseSettings, type Lockfile } from './supply-rule.ts';
import { listFiles, read } from './tree.ts';

const files = listFiles();
const manifests = files.filter((path) => posix.basename(path) === 'package.json');
const parsed = <Content>(path: string): Content => JSON.parse(read(path)) as Content;

test('every manifest has a lockfile of npm, and of no other tool', () => {
  const lockfiles = files.filter((path) =>
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock)/.test(path),
  );
  expect(manifests).toContain('package.json');
  expect(lockfiles).toEqual(manifests.map((path) => path.replace('package.json', 'package-lock.json')));
});

test.each(manifests)('%s: every package is locked by version and hash, from the registry only', (path) => {
  const lockfile = path.replace('package.json', 'package-lock.json');
  const lock = parsed<Lockfile>(lockfile);
  expect(Object.keys(lock.packages ?? {}).length).toBeGreaterThan(1);
  expect(looseLocks(lockfile, lock)).toEqual([]);
  expect(lockDrift(path, parsed(path), lock)).toEqual([]);
});

describe('a lockfile is reported', () => {
  const integrity = `sha512-${'A'.repeat(86)}==`;
  const good = { version: '1.0.0', integrity };

  test.for<[string, object, RegExp]>([
    ['without a hash', { version: '1.0.0' }, /has no SHA-512/],
    ['with a weak hash', { ...good, integrity: 'sha1-AAAA' }, /has no SHA-512/],
    ['of another registry', { ...good, resolved: 'https://example.org/x.tgz' }, /comes from/],
    ['of a registry without TLS', { ...good, resolved: 'http://registry.npmjs.org/x.tgz' }, /comes from/],
    ['of a repository', { ...good, resolved: 'git+ssh://git@github.com/x/x.git#abc' }, /comes from/],
    ['of a folder', { ...good, link: true }, /is a link/],
    ['of any version', { ...good, version: '*' }, /has the version/],
  ])('a lockfile is reported if a package is locked %s', ([, locked, reason]) => {
    const lock = { lockfileVersion: 3, packages: { '': {}, 'node_modules/x': good, 'node_modules/@y/x': locked } };
    expect(looseLocks('lock', lock)).toEqual([expect.stringMatching(reason)]);
  });

  test('a lockfile is reported with a folder of the tree, or of another version', () => {
    expect(looseLocks('lock', { lockfileVersion: 3, packages: { 'parts/x': good } })).toHaveLength(1);
    expect(looseLocks('lock', { lockfileVersion: 1 })).toHaveLength(1);
  });

  test('a lockfile is reported if it does not match its manifest', () => {
    const lock: Lockfile = { packages: { '': { dependencies: { x: '1.0.0' } }, 'node_modules/x': good } };
    expect(lockDrift('package.json', { dependencies: { x: '1.0.0' } }, lock)).toEqual([]);
    expect(lockDrift('package.json', { dependencies: { x: '1.0.1' } }, lock)).toHaveLength(1);
    expect(lockDrift('package.json', {}, lock)).toHaveLength(1);
    expect(
      lockDrift('package.json', { dependencies: { x: '1.0.0' }, devDependencies: { y: '1.0.0' } }, lock),
    ).toHaveLength(1);
  });
});

test('npm runs no undecided script and uses only its registry', () => {
  expect(looseSettings(read('.npmrc'))).toEqual([]);
  // npm reads no .npmrc of a parent folder.
  expect(read('scripts/runtime/.npmrc')).toMatch(/^ignore-scripts=true$/m);
  expect(looseSettings('save-exact=true')).toEqual(['strict-allow-scripts=true is missing']);
  for (const line of ['registry=https://example.org', '@x:registry=https://example.org', '//example.org/:_authToken=x'])
    expect(looseSettings(`strict-allow-scripts=true\nsave-exact=true\n${line}`)).toHaveLength(1);
});
