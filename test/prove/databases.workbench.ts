// The proofs of copies, failovers and upgrades find planted bugs by their effects on clients.
import { test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

const bugs: readonly (readonly [name: string, part: string, reason: RegExp, bug: Bug])[] = [
  [
    'a copy without revocations',
    'copy',
    /VIOLATION: \w+ [-\w]+: (an ended or superseded token was not refused|granted after its revocation was confirmed)/,
    {
      file: 'src/store/copy/tables.ts',
      text: "name: 'session', columns: session,",
      replacement: "name: 'session', columns: (({ revoked_at, revoked_reason, ...rest }) => rest)(session),",
    },
  ],
  [
    'a refusal while the database is unavailable',
    'failover',
    /VIOLATION: \w+ [-\w]+: locked out at generation \d+ with (401|200)/,
    {
      file: 'src/engine/engine.ts',
      text: "return { kind: 'unavailable' };",
      replacement: "return { kind: 'refused', refusal: 'invalid_token' };",
    },
  ],
  [
    'a refusal of a token that is ahead of the database',
    'failover',
    /VIOLATION: \w+ [-\w]+: locked out at generation \d+ with (401|200)/,
    {
      file: 'src/engine/rotation.ts',
      text: "if (!canBeLost) return refuse('invalid_token');",
      replacement: "if (canBeLost || !canBeLost) return refuse('invalid_token');",
    },
  ],
  [
    'an older release that does not start beside a compatible one',
    'upgrade',
    /VIOLATION: the proof failed: .* has schema \d+, and this Refract knows schemas up to \d+/,
    {
      file: 'src/store/postgres/migrations.ts',
      text: 'if (worksWith > known) {',
      replacement: 'if (version > known) {',
    },
  ],
];

test.each(bugs)('a planted bug is found: %s by %s', async (_name, part, reason, bug) => {
  await expectFound(part, tree(), [reason], bug);
});
