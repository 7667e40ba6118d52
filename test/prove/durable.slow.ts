// The proof about commits has teeth: what no killed process would miss, it reads off the system calls.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyTree } from '../../scripts/bench/tree-copy.ts';
import { laterCommit, proveWith, type Bug } from './planted.ts';

let tree: ReturnType<typeof copyTree>;

beforeAll(() => {
  tree = copyTree();
});
afterAll(() => {
  tree.remove();
});

const synchronous = (weakened: string): Bug => ({
  file: 'src/store/sqlite/open.ts',
  text: "database.pragma('synchronous = FULL');",
  replacement: `database.pragma('synchronous = ${weakened}');`,
});

const bugs: readonly (readonly [what: string, because: RegExp, bug: Bug])[] = [
  [
    'commits are written and not waited for',
    /VIOLATION: answer \d+ left while .*refract\.db-wal was written and not on disk/,
    synchronous('NORMAL'),
  ],
  [
    'nothing is ever waited for',
    /VIOLATION: answer \d+ left while .*refract\.db-wal was written and not on disk/,
    synchronous('OFF'),
  ],
  ['commits are made later', /VIOLATION: answer \d+ left without a wait for the disk since its request/, laterCommit],
];

test.each(bugs)('where %s, it fails', async (_what, because, bug) => {
  const proof = await proveWith('durable', tree.folder, bug);
  expect(proof.printed).toMatch(because);
  expect(proof.violations).toBeGreaterThan(0);
  expect(proof.code).toBe(1);
});
