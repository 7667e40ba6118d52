// The soak has teeth: what is kept of every refresh is found, wherever it is kept. That a tree without a planted bug passes
// is what the proof itself shows.
import { expect, test } from 'vitest';
import { copiedTree, proveWith, type Bug } from './planted.ts';

const tree = copiedTree();

const text = "if (token.length > longestToken) return refused('invalid_token');";
const keepMemory = '((globalThis as any).kept ??= []).push(Buffer.alloc(16_384, 1));';
const keepFile = "if (Math.random() < 0.01) process.getBuiltinModule('node:fs').openSync('/dev/null');";

const bugs: readonly (readonly [string, Bug, readonly RegExp[]])[] = [
  [
    'what is kept in memory, and a file that stays open of one refresh in a hundred, are',
    { file: 'src/engine/presented.ts', text, replacement: keepMemory + keepFile + text },
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
        "UPDATE session SET label = coalesce(label, '') || hex(zeroblob(200)), generation = $generation, rotated_at",
    },
    [/VIOLATION: there were \d+ bytes of database, and then/],
  ],
];

test.each(bugs)('%s found', async (_name, bug, found) => {
  const { code, printed } = await proveWith('soak', tree(), bug);
  for (const sentence of found) expect(printed).toMatch(sentence);
  expect(code).toBe(1);
});
