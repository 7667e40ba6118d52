// What one check of the doctor found, and what to do about it.
import { isForeseen } from '../../errors.ts';

export interface Finding {
  readonly level: 'ok' | 'warn' | 'FAIL';
  /** What was checked, in a word. */
  readonly check: string;
  readonly sentence: string;
}

/** A finding without the name of its check. */
export type Found = Omit<Finding, 'check'>;

export function ok(sentence: string): Found {
  return { level: 'ok', sentence };
}

export function warning(sentence: string): Found {
  return { level: 'warn', sentence };
}

export function failure(sentence: string): Found {
  return { level: 'FAIL', sentence };
}

/** The problems of one check; without any, it is well. */
export function wellUnless(check: string, well: string, problems: readonly Found[]): readonly Finding[] {
  return problems.length === 0 ? [{ check, ...ok(well) }] : problems.map((problem) => ({ check, ...problem }));
}

/** A foreseen error is a finding. */
export async function attempt<Result>(check: string, get: () => Result): Promise<Awaited<Result> | Finding> {
  try {
    return await get();
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    return { check, ...failure(reason.message) };
  }
}
