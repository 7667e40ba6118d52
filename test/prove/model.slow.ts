// The model test has teeth: it finds each of these bugs, and nothing where there is none.
import { expect, test } from 'vitest';
import { provePart, type Bug } from './planted-copy.ts';

const bugs: readonly (readonly [string, Bug])[] = [
  [
    'a rotation without compare-and-set',
    { file: 'src/store/sqlite.ts', from: 'AND generation = $basis AND revoked_at IS NULL', to: '' },
  ],
  [
    'the grace period looked at before revocation',
    {
      file: 'src/engine/rotation.ts',
      from: 'if (session.revokedAt !== undefined)',
      to: 'if (session.revokedAt !== undefined && now - session.rotatedAt >= gracePeriod)',
    },
  ],
  [
    'a reuse that is refused and does not end the session',
    {
      file: 'src/engine/rotation.ts',
      from: "refusal: 'reused_token', revoke: true",
      to: "refusal: 'reused_token', revoke: false",
    },
  ],
];

test('the tree as it is passes', async () => {
  const { code, output, violations } = await provePart('model');
  expect({ code, violations }, output).toEqual({ code: 0, violations: 0 });
});

test.each(bugs)('%s is found, and told as its shortest life with the seed', async (_name, bug) => {
  const { code, output, violations } = await provePart('model', bug);
  expect({ code, violations }, output).toEqual({ code: 1, violations: 1 });
  expect(output).toMatch(/VIOLATION: SQLite, fast-check seed \d+: .*; after .*issue\(/);
});
