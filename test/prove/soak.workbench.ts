// The soak finds leaks of memory, of handles and in the database.
import { test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

const text = "if (token.length > maxTokenLength) return refused('invalid_token');";
// By time and not by refreshes, since a busy machine refreshes slowly.
const keepMemory =
  '{ const all = ((globalThis as any).kept ??= []); while (all.length < process.uptime() * 16) all.push(Buffer.alloc(1_048_576, 1)); }';
const keepFile = "if (Math.random() < 0.01) process.getBuiltinModule('node:fs').openSync('/dev/null');";

const bugs: readonly (readonly [string, Bug, readonly RegExp[]])[] = [
  [
    'a leak of memory and of one handle in a hundred refreshes',
    { file: 'src/engine/claims.ts', text, replacement: keepMemory + keepFile + text },
    [
      /VIOLATION: there were \d+ MB in use after garbage collection, and then/,
      /VIOLATION: there were \d+ handles, and then/,
    ],
  ],
  [
    'a growing row',
    {
      file: 'src/store/sqlite.ts',
      text: 'UPDATE session SET generation = $generation, rotated_at',
      replacement:
        "UPDATE session SET label = coalesce(label, '') || hex(zeroblob(1000)), generation = $generation, rotated_at",
    },
    [/VIOLATION: there were \d+ bytes of database, and then/],
  ],
];

test.each(bugs)('the soak finds a planted bug: %s', async (_name, bug, found) => {
  await expectFound('soak', tree(), found, bug);
});
