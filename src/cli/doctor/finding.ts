// What the checks of the doctor report.
import { isForeseen } from '../../errors.ts';

export interface Finding {
  /** The name of the check. */
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'FAIL';
  /** What is wrong and what to do, or that all is well. */
  readonly sentence: string;
}

export type Problem = Pick<Finding, 'level' | 'sentence'>;

export function warning(sentence: string): Problem {
  return { level: 'warn', sentence };
}

export function failure(sentence: string): Problem {
  return { level: 'FAIL', sentence };
}

/** The findings of one check: its problems, or without any that it is ok. */
export function report(check: string, ok: string, problems: readonly Problem[] = []): readonly Finding[] {
  const findings = problems.length === 0 ? [{ level: 'ok', sentence: ok } as const] : problems;
  return findings.map((finding) => ({ check, ...finding }));
}

/** The result, or a finding in place of a foreseen error. */
export async function attempt<Result>(check: string, get: () => Result): Promise<Awaited<Result> | Finding> {
  try {
    return await get();
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    return { check, ...failure(reason.message) };
  }
}
