// The soak has teeth: what is kept of every refresh is found, wherever it is kept. That a tree without a planted bug passes
// is what the proof itself shows.
import { test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

const text = "if (token.length > maxTokenLength) return refused('invalid_token');";
// Megabytes by time and not by refreshes, of which a busy machine does few.
const keepMemory =
  '{ const all = ((globalThis as any).kept ??= []); while (all.length < process.uptime() * 16) all.push(Buffer.alloc(1_048_576, 1)); }';
const keepFile = "if (Math.random() < 0.01) process.getBuiltinModule('node:fs').openSync('/dev/null');";

const bugs: readonly (readonly [string, Bug, readonly RegExp[]])[] = [
  [
    'what is kept in memory, and a file that stays open of one refresh in a hundred, are',
    { file: 'src/engine/claims.ts', text, replacement: keepMemory + keepFile + text },
    [
      /VIOLATION: there were \d+ MB held once garbage is collected, and then/,
      /VIOLATION: there were \d+ handles, and then/,
    ],
  ],
  [
    'a row that grows is',
    {
      file: 'src/store/sqlite.ts',
      text: 'UPDATE session SET generation = $generation, rotated_at',
      replacement:
        "UPDATE session SET label = coalesce(label, '') || hex(zeroblob(1000)), generation = $generation, rotated_at",
    },
    [/VIOLATION: there were \d+ bytes of database, and then/],
  ],
];

test.each(bugs)('%s found', async (_name, bug, found) => {
  await expectFound('soak', tree(), found, bug);
});
