// The proofs about databases that are left, lost and upgraded have teeth: each finds its own bug, by what it does to clients.
import { test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

const bugs: readonly (readonly [what: string, part: string, because: RegExp, bug: Bug])[] = [
  [
    'a copy forgets what was revoked',
    'copy',
    /VIOLATION: \w+ [-\w]+: (an ended or superseded token was not refused|granted after its revocation was confirmed)/,
    {
      file: 'src/store/copy/tables.ts',
      text: "name: 'session', columns: session,",
      replacement: "name: 'session', columns: (({ revoked_at, revoked_reason, ...rest }) => rest)(session),",
    },
  ],
  [
    'a database that cannot be reached is answered as a bad token',
    'failover',
    /VIOLATION: \w+ [-\w]+: locked out at generation \d+ with (401|200)/,
    {
      file: 'src/engine/engine.ts',
      text: "return { kind: 'unavailable' };",
      replacement: "return { kind: 'refused', refusal: 'invalid_token' };",
    },
  ],
  [
    'a token that proves more than the database has is refused',
    'failover',
    /VIOLATION: \w+ [-\w]+: locked out at generation \d+ with (401|200)/,
    {
      file: 'src/engine/rotation.ts',
      text: "if (!canBeLost) return refuse('invalid_token');",
      replacement: "if (canBeLost || !canBeLost) return refuse('invalid_token');",
    },
  ],
  [
    'a release does not start beside a newer one that it works with',
    'upgrade',
    /VIOLATION: it broke off: .* has schema \d+, and this Refract knows schemas up to \d+/,
    {
      file: 'src/store/postgres/migrations.ts',
      text: 'if (worksWith > known) {',
      replacement: 'if (version > known) {',
    },
  ],
];

test.each(bugs)('where %s, %s fails', async (_what, part, because, bug) => {
  await expectFound(part, tree(), [because], bug);
});
