// Error messages of commands.
import { expect } from 'vitest';
import type { Ended } from './commands.ts';

/** Expects one line without a stack trace, which starts with each text or matches each pattern. */
export function expectComplaint({ code, stdout, stderr }: Ended, ...expected: readonly (string | RegExp)[]): void {
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^refract: [^\n]+\n$/);
  expect(stderr).not.toContain('\n    at ');
  const sentence = stderr.slice('refract: '.length).trimEnd();
  for (const each of expected) {
    if (typeof each === 'string') expect(sentence.slice(0, each.length)).toBe(each);
    else expect(sentence).toMatch(each);
  }
}
