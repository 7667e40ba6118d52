// The proof about kills has teeth: it finds what was answered and is gone, and what was ended and is back.
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

const bugs: readonly (readonly [what: string, because: RegExp, bug: Bug])[] = [
  [
    'an answer leaves before its commit',
    /VIOLATION: \w+ [-\w]+: (locked out at generation \d+ with|granted after its revocation)/,
    laterCommit,
  ],
  [
    'what was ended is back after a start',
    /VIOLATION: \w+ [-\w]+: an ended or superseded token was not refused/,
    {
      file: 'src/store/sqlite/open.ts',
      text: '    switchToWal(database, busyTimeout);\n    return database;',
      replacement:
        "    switchToWal(database, busyTimeout);\n    database.exec('UPDATE session SET revoked_at = NULL, revoked_reason = NULL');\n    return database;",
    },
  ],
];

test.each(bugs)('where %s, it fails', async (_what, because, bug) => {
  const proof = await proveWith('crash', tree.folder, bug);
  expect(proof.printed).toMatch(because);
  expect(proof.violations).toBeGreaterThan(0);
  expect(proof.code).toBe(1);
});
