// Errors and exit codes of `npm run prove`.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startScript } from '../shared/programs.ts';
import { root } from '../structure/tree.ts';

async function prove(...args: readonly string[]) {
  const script = startScript({ tree: root, script: 'scripts/prove.ts', args });
  return { code: await script.ended, printed: script.printed(), errors: script.errors() };
}

test.each([
  [
    ['nonsense'],
    /^prove: command-argument value 'nonsense' is invalid for argument 'part'\. Allowed choices are [a-z, ]+\.\n$/,
  ],
  [['model', '--seed', 'many'], /^prove: option '--seed <number>' argument 'many' is invalid\. [^\n]+\.\n$/],
  [['soak', '--minutes', '0'], /^prove: [^\n]+ It must be a number from 0\.05 to 1440\.\n$/],
  [['--quik'], /^prove: unknown option '--quik' \(Did you mean --quick\?\)\n$/],
  [['--seed'], /^prove: option '--seed <number>' argument missing\n$/],
])('prove refuses %j with one sentence and exit code 1', async (args, sentence) => {
  const { code, errors } = await prove(...args);
  expect(errors).toMatch(sentence);
  expect(code).toBe(1);
});

test('prove --help lists every part, or only the named parts', async () => {
  const { code, printed } = await prove('--help');
  expect(code).toBe(0);
  for (const part of ['model', 'cluster', 'soak']) expect(printed).toMatch(new RegExp(`^  ${part} +[A-Z].+\\.$`, 'm'));
  const one = await prove('kills', '--help');
  expect(one.code).toBe(0);
  expect(one.printed).toMatch(/^Parts:\n {2}kills +[A-Z].+ Needs strace\.\n$/m);
});

test('prove --until ends a part at the first violation that matches', async () => {
  const missing = ['--tree', join(root, 'no', 'such', 'tree')];
  const { code, printed } = await prove('model', '--quick', '--until', 'proof failed', ...missing);
  expect(printed).toMatch(/VIOLATION: the proof failed: [^]*\| model \| 0 \| 0 \| 1 \|/);
  expect(code).toBe(1);
});

test('prove counts a part that fails by an error as a violation', async () => {
  const { code, printed } = await prove('model', '--quick', '--tree', join(root, 'no', 'such', 'tree'));
  expect(printed).toMatch(/VIOLATION: the proof failed: [^]*\| model \| 0 \| 0 \| 1 \|/);
  expect(code).toBe(1);
});
