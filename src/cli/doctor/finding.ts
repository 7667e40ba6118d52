/** What one check found, and what to do about it. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'FAIL';
  /** What was looked at, in a word. */
  readonly check: string;
  readonly sentence: string;
}

/** Findings about one thing; where there are none, it is well. */
export function wellUnless(check: string, well: string, found: readonly Omit<Finding, 'check'>[]): readonly Finding[] {
  return found.length === 0
    ? [{ level: 'ok', check, sentence: well }]
    : found.map(({ level, sentence }) => ({ check, level, sentence }));
}
