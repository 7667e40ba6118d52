// The storage proof has teeth: it finds each of these bugs, and nothing where there is none.
import { expect, test } from 'vitest';
import { copiedTree, expectFound, proveTree, type Bug } from './planted.ts';

const tree = copiedTree();

const bugs: readonly (readonly [string, Bug, RegExp])[] = [
  [
    'a store that is away answered as a bad token',
    {
      file: 'src/engine/engine.ts',
      text: "return { kind: 'unavailable' };",
      replacement: "return { kind: 'refused', refusal: 'invalid_token' };",
    },
    /VIOLATION: a used up quota: fib answered 401/,
  ],
  [
    'a readiness that asks the store nothing that has to be written',
    { file: 'src/store/sqlite.ts', text: '        statements.probe.run();\n', replacement: '' },
    /VIOLATION: a used up quota: \/readyz answered 200/,
  ],
];

test('the tree as it is passes', async () => {
  const { code, printed, violations } = await proveTree('storage', tree());
  expect({ code, violations }, printed).toEqual({ code: 0, violations: 0 });
});

test.each(bugs)('%s is found', async (_name, bug, found) => {
  await expectFound('storage', tree(), [found], bug);
});
