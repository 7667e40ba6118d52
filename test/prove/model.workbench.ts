// The model test has teeth: it finds each of these bugs, and nothing where there is none.
import { expect, test } from 'vitest';
import { copiedTree, expectFound, proveTree, type Bug } from './planted.ts';

const tree = copiedTree();

/** So that something can come between reading a session and moving it on, which it seldom does where nothing waits. */
const slowSigner: Bug = {
  file: 'src/signer/signer.ts',
  text: 'const token = signedBy(',
  replacement: 'await new Promise((resolve) => setTimeout(resolve, 1));\n      const token = signedBy(',
};

const bugs: readonly (readonly [string, readonly Bug[]])[] = [
  [
    'a rotation without compare-and-set',
    [
      { file: 'src/store/sqlite.ts', text: 'AND generation = $basis AND revoked_at IS NULL', replacement: '' },
      slowSigner,
    ],
  ],
  [
    'the grace period looked at before revocation',
    [
      {
        file: 'src/engine/rotation.ts',
        text: 'if (session.revokedAt !== undefined)',
        replacement: 'if (session.revokedAt !== undefined && now - session.rotatedAt >= gracePeriod)',
      },
    ],
  ],
  [
    'a reuse that is refused and does not end the session',
    [
      {
        file: 'src/engine/rotation.ts',
        text: "refusal: 'reused_token', revoke: true",
        replacement: "refusal: 'reused_token', revoke: false",
      },
    ],
  ],
];

test('the tree as it is passes', async () => {
  const { code, printed, violations } = await proveTree('model', tree());
  expect({ code, violations }, printed).toEqual({ code: 0, violations: 0 });
});

test.each(bugs)('%s is found, and told as its shortest life with the seed', async (_name, planted) => {
  // Whichever database meets it first: one counterexample is all that is told.
  const reason = /VIOLATION: (SQLite|PostgreSQL), fast-check seed \d+: .*; after .*issue\(/;
  const { printed, violations } = await expectFound('model', tree(), [reason], ...planted);
  expect(violations, printed).toBe(1);
});
