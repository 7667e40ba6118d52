// How `npm run prove` ends: whoever runs it in a pipeline goes by its exit code alone.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../structure/tree.ts';

test.each([
  [['nonsense'], /^prove: There is no part nonsense; there are [a-z, ]+\.\n$/],
  [['model', '--seed', 'many'], /^prove: A seed is a whole number\.\n$/],
  [['soak', '--minutes', '0'], /^prove: A soak lasts up to 1440 minutes\.\n$/],
])('%j is refused in one sentence and with the exit code 1', (args, sentence) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'prove.ts'), ...args], {
    encoding: 'utf8',
  });
  expect(stderr).toMatch(sentence);
  expect(status).toBe(1);
});

test('a part that could not be carried through is a violation, and the exit code is 1', () => {
  const args = ['model', '--quick', '--tree', join(root, 'no', 'such', 'tree')];
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'prove.ts'), ...args], {
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/VIOLATION: it broke off: [^]*\| model \| 0 \| 0 \| 1 \|/);
  expect(status).toBe(1);
});
