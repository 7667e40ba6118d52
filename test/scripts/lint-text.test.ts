// The lint of texts finds planted words, names and subjects, and words only in prose.
import { describe, expect, test } from 'vitest';
import { findInSubjects, findInText } from '../../scripts/lint-text.ts';

describe('a planted word is reported with its line', () => {
  test.for([
    ['src/a.ts', '// First.\n// Whoever asks gets it.\n', 'Whoever', 2],
    ['src/a.ts', 'const x = 1; // nobody knows\n', 'nobody', 1],
    ['src/a.ts', '/**\n * The caller is told of it.\n */\nexport const a = 1;\n', 'told', 2],
    ['src/a.ts', "export const a =\n  'The server goes on.';\n", 'goes on', 2],
    ['src/a.ts', 'export const a = `no ${b} is held against it`;\n', 'held against', 1],
    ['src/a.ts', 'const a = {\n  // The answer.\n};\n', 'answer', 2],
    ['README.md', '# Title\n\nWhat is there stays.\n', 'What is there', 3],
    ['openapi/x.yaml', 'description: ends whatever it was\n', 'whatever', 1],
  ] as const)('a word to avoid in %s is reported with its line: %s', ([file, text, word, line]) => {
    const what = expect.stringContaining(`avoid "${word}"`);
    expect(findInText(file, text)).toContainEqual(expect.objectContaining({ what, line }));
  });
});

test('an identifier is not text for the text rules', () => {
  expect(findInText('src/a.ts', 'export const nobody = told.answer;\n')).toEqual([]);
});

test('the text rules have no finding in plain text', () => {
  expect(findInText('README.md', 'The server continues. The caller receives a response.\n')).toEqual([]);
});

test.for(['test', 'describe', 'test.for([1])', 'describe.each([1])'])('a long test name of %s is reported', (call) => {
  expect(findInText('test/a.test.ts', `${call}('${'a'.repeat(80)}', () => {});\n`)).toEqual([]);
  expect(findInText('test/a.test.ts', `\n${call}('${'a'.repeat(81)}', () => {});\n`)).toEqual([
    { file: 'test/a.test.ts', line: 2, what: 'the test name has 81 characters; write at most 80' },
  ]);
});

test('a commit subject must be a Conventional Commit of at most 72 characters', () => {
  expect(findInSubjects(['feat(cli): add completion', 'fix!: refuse an empty key'])).toEqual([]);
  expect(findInSubjects(['Add completion', 'feat:no space', `docs: ${'a'.repeat(67)}`])).toEqual([
    expect.stringContaining('"Add completion" is not a Conventional Commit'),
    expect.stringContaining('"feat:no space" is not a Conventional Commit'),
    expect.stringContaining('has more than 72 characters'),
  ]);
});
