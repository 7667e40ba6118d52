// Polls conditions.
import { setTimeout as pause } from 'node:timers/promises';

type Condition = () => boolean | Promise<boolean>;

/** @returns whether the condition came true in time */
export async function comesTrue(seconds: number, condition: Condition, intervalMs = 50): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await pause(intervalMs);
  }
  return true;
}

/** @throws where the condition does not come true in time */
export async function waitUntil(what: string, seconds: number, condition: Condition): Promise<void> {
  if (!(await comesTrue(seconds, condition))) throw new Error(`after ${seconds} s it was still not true that ${what}`);
}
