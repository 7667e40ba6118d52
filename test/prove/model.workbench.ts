// The model proof finds each planted bug and reports the shortest history with its seed.
import { expect, test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

/** Leaves time for a concurrent request between the read of a session and its rotation. */
const slowSigner: Bug = {
  file: 'src/signer/signer.ts',
  text: 'const token = signClaims(',
  replacement: 'await new Promise((resolve) => setTimeout(resolve, 1));\n      const token = signClaims(',
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
    'a grace period that is checked before the revocation',
    [
      {
        file: 'src/engine/rotation.ts',
        text: 'if (session.revokedAt !== undefined)',
        replacement: 'if (session.revokedAt !== undefined && now - session.rotatedAt >= gracePeriod)',
      },
    ],
  ],
  [
    'a reuse that does not revoke the session',
    [
      {
        file: 'src/engine/rotation.ts',
        text: "refusal: 'reused_token', revoke: true",
        replacement: "refusal: 'reused_token', revoke: false",
      },
    ],
  ],
];

test.each(bugs)('a planted bug is found and reported with its seed: %s', async (_name, planted) => {
  // Only the first counterexample is reported, from either database.
  const reason = /VIOLATION: (SQLite|PostgreSQL), fast-check seed \d+: .*; after .*issue\(/;
  const { printed, violations } = await expectFound('model', tree(), [reason], ...planted);
  expect(violations, printed).toBe(1);
});
