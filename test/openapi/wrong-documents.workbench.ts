// The mistakes of designers: each is one finding, on its own line, with a sentence that says what to do.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lintFiles } from '../../scripts/lint-openapi.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { mistakes, sound } from './mistakes.ts';

test.for(Object.entries(mistakes))(
  'a mistake in a document is one finding on its line: %s',
  async ([, [before, after, where, todo]]) => {
    const text = sound.replace(before, after);
    expect(text).not.toBe(sound);
    const file = join(temporaryFolder(), 'xerial.yaml');
    writeFileSync(file, text);

    const findings = await lintFiles([file]);
    expect(findings.map(({ message }) => message)).toEqual([expect.stringMatching(todo)]);
    const [finding] = findings;
    expect(finding?.file).toBe(file);
    expect(finding?.message).toMatch(/^[^\n]+\.$/);
    expect(text.split('\n')[(finding?.line ?? 0) - 1]).toContain(where);
  },
);
