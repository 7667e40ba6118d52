import { describe, expect, test } from 'vitest';
import * as rule from './layout-rule.ts';
import { listFiles, read, readFiles } from './tree.ts';

const files = listFiles();
const textsOf = (pattern: RegExp) => readFiles(files.filter((path) => pattern.test(path)));
const planted = (path: string, text = '') => new Map([[path, text]]);

describe('the top level', () => {
  test('the top level has exactly the names of the layout', () => {
    expect(rule.topLevelDrift(files)).toEqual([]);
  });

  test('an additional and a missing name at the top level are reported', () => {
    const names =
      '.ci .gitignore .npmrc .prettierignore LICENSE README.md package-lock.json package.json tsconfig.json';
    const complete = `${names} generated/x.ts openapi/x.yaml scripts/x.ts src/x.ts test/x.ts`.split(' ');
    expect(rule.topLevelDrift(complete)).toEqual([]);
    expect(rule.topLevelDrift([...complete, 'notes.md', 'lib/x.ts'])).toEqual([
      'notes.md does not belong at the top',
      'lib does not belong at the top',
    ]);
    expect(rule.topLevelDrift(complete.filter((path) => path !== 'LICENSE'))).toEqual(['LICENSE is missing']);
  });
});

describe('a contract', () => {
  const whole = [
    'openapi/x.yaml',
    'openapi/admin.yaml',
    'openapi/redocly.yaml',
    'generated/x.ts',
    'generated/x.client.ts',
    'generated/admin.ts',
    'src/contracts/x.ts',
    'src/client/x.ts',
    'src/contracts/shared/envelope.ts',
    'test/contracts/x.test.ts',
    'test/contracts/conformance.ts',
    'test/journeys/x.arazzo.yaml',
  ];

  test('a contract has the same name everywhere', () => {
    expect(files.some((path) => path.startsWith('openapi/'))).toBe(true);
    expect(rule.nameDrift(files)).toEqual([]);
  });

  test('the package exports a client for each contract and no other', () => {
    // The exports of this tree.
    const { exports } = JSON.parse(read('package.json')) as { exports: Readonly<Record<string, unknown>> };
    expect(rule.exportDrift(files, Object.keys(exports))).toEqual([]);
    expect(rule.exportDrift(whole, ['./client/admin', './session'])).toEqual([
      'package.json does not export ./client/x',
    ]);
    expect(rule.exportDrift(whole, ['./client/admin', './client/x', './client/y'])).toEqual([
      './client/y has no openapi document of its name',
    ]);
  });

  test('a contract needs its types, client, adapter and test', () => {
    expect(rule.nameDrift(whole)).toEqual([]);
    for (const part of whole.filter((path) => /^\w+(\/contracts|\/client)?\/x\.(?!yaml)/.test(path))) {
      expect(rule.nameDrift(whole.filter((path) => path !== part))).toEqual([`${part} is missing`]);
    }
  });

  test.for([
    'generated/y.ts',
    'generated/y/index.ts',
    'src/contracts/y.ts',
    'src/contracts/index.ts',
    'test/contracts/y.test.ts',
    'test/journeys/y.arazzo.yaml',
    'test/journeys/x.yaml',
  ])('a file without a contract of its name is reported: %s', (stray) => {
    expect(rule.nameDrift([...whole, stray])).toEqual([`${stray} has no openapi document of its name`]);
  });
});

describe('a file of src', () => {
  test('a file of src has at most the allowed number of lines', () => {
    expect(rule.longFiles(textsOf(/^src\//))).toEqual([]);
    expect(rule.longFiles(planted('src/x.ts', '\n'.repeat(300)))).toEqual([]);
    expect(rule.longFiles(planted('src/x.ts', '\n'.repeat(301)))).toHaveLength(1);
  });

  test('a file of src avoids vague words in its name and its exports', () => {
    expect(rule.avoidedWords(textsOf(/^src\/.*\.ts$/))).toEqual([]);
  });

  test.for<[string, string]>([
    ['src/http/utils.ts', ''],
    ['src/session-manager/x.ts', ''],
    ['src/x.ts', 'export class TokenService {}'],
    ['src/x.ts', 'export const [jwtHelper] = makers;'],
    ['src/x.ts', 'export const { a: { blacklist } } = lists;'],
    ['src/x.ts', 'export type SessionRepository = object;'],
    ['src/x.ts', 'export default function serviceOf() {}'],
    ['src/x.ts', `export { list as repositories } from './list.ts';`],
    ['src/x.ts', `export * as utils from './list.ts';`],
  ])('a file of src is reported for a word to avoid: %s %s', ([path, text]) => {
    expect(rule.avoidedWords(planted(path, text))).toHaveLength(1);
  });

  test('a file of src may use a word to avoid inside, as a contract writes it', () => {
    expect(
      rule.avoidedWords(planted('src/x.ts', `const service = { manager: 'helper' }; export const reply = service;`)),
    ).toEqual([]);
  });
});

describe('a test', () => {
  test('no test is skipped', () => {
    expect(rule.sleepingTests(textsOf(/^test\/.*\.ts$/))).toEqual([]);
  });

  test.for([
    `test.skip('x', () => {});`,
    `describe.only('x', () => {});`,
    `it.todo('x');`,
    `describe.skipIf(isCold)('x', () => {});`,
    `test.concurrent.only('x', () => {});`,
    `test('x', { skip: isCold }, () => {});`,
    `test('x', ({ task, skip }) => { task.context.skip(); });`,
  ])('a skipped test is reported: %s', (text) => {
    expect(rule.sleepingTests(planted('test/x.test.ts', text))).toHaveLength(1);
  });

  test('a test may have `only` in a string, and a method skip() of other objects', () => {
    const text = `test('x', () => { rows.skip(1); expect('test.only').toBe(x); f({ skip: 1 }); });`;
    expect(rule.sleepingTests(planted('test/x.test.ts', text))).toEqual([]);
  });
});

test('every dependency is pinned to one version', () => {
  for (const path of ['package.json', 'scripts/runtime/package.json', 'scripts/bench/package.json']) {
    expect(rule.loosePins(path, JSON.parse(read(path)) as Record<string, unknown>)).toEqual([]);
  }
  for (const open of ['^1.0.0', '~1.0.0', '1.0', '>=1.0.0', 'latest', '*', 'file:../x']) {
    expect(rule.loosePins('package.json', { devDependencies: { x: open } })).toHaveLength(1);
  }
});

test('no file contains a path of one machine', () => {
  expect(rule.machinePaths(textsOf(/^(README\.md$|openapi\/|src\/|scripts\/)/))).toEqual([]);
  for (const text of ['cd /work/x', '"/tmp/x.db"', '(/root/.npmrc)', 'file:///home/x/y']) {
    expect(rule.machinePaths(planted('README.md', text))).toHaveLength(1);
  }
  expect(rule.machinePaths(planted('README.md', 'src/work/x and https://example.org/work/x'))).toEqual([]);
});
