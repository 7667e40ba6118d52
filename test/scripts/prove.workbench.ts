// How `npm run prove` ends: a pipeline goes by its exit code alone.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../shared/programs.ts';
import { root } from '../structure/tree.ts';

async function prove(...args: readonly string[]) {
  const running = run({ tree: root, script: 'scripts/prove.ts', args });
  return { code: await running.ended, printed: running.printed(), complaints: running.complaints() };
}

test.each([
  [['nonsense'], /^prove: There is no part nonsense; there are [a-z, ]+\.\n$/],
  [['model', '--seed', 'many'], /^prove: option '--seed <number>' argument 'many' is invalid\. [^\n]+\.\n$/],
  [['soak', '--minutes', '0'], /^prove: [^\n]+ A soak lasts up to 1440 minutes\.\n$/],
  [['--quik'], /^prove: unknown option '--quik' \(Did you mean --quick\?\)\n$/],
  [['--seed'], /^prove: option '--seed <number>' argument missing\n$/],
])('%j is refused in one sentence and with the exit code 1', async (args, sentence) => {
  const { code, complaints } = await prove(...args);
  expect(complaints).toMatch(sentence);
  expect(code).toBe(1);
});

test('--help lists every part; after a part, that one alone', async () => {
  const { code, printed } = await prove('--help');
  expect(code).toBe(0);
  for (const part of ['model', 'cluster', 'soak']) expect(printed).toMatch(new RegExp(`^  ${part} +[A-Z].+\\.$`, 'm'));
  const one = await prove('kills', '--help');
  expect(one.code).toBe(0);
  expect(one.printed).toMatch(/^Parts:\n {2}kills +[A-Z].+ Needs strace\.\n$/m);
});

test('a part that breaks off is a violation, and the exit code is 1', async () => {
  const { code, printed } = await prove('model', '--quick', '--tree', join(root, 'no', 'such', 'tree'));
  expect(printed).toMatch(/VIOLATION: it broke off: [^]*\| model \| 0 \| 0 \| 1 \|/);
  expect(code).toBe(1);
});
