// Runs the load in a process of its own, and summarizes figures.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadFigures, LoadOrder } from './load.ts';

/** @throws with standard error where the load fails */
export async function runLoad(order: LoadOrder): Promise<LoadFigures> {
  const running = promisify(execFile)(process.execPath, [join(import.meta.dirname, 'load.ts')], { maxBuffer: 1e9 });
  running.child.stdin?.end(JSON.stringify(order));
  // `load.ts` prints its figures.
  return JSON.parse((await running).stdout) as LoadFigures;
}

/** Returns the middle one of several figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Returns the figure below which this share of the figures is, interpolated between the two nearest. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((one, other) => one - other);
  const position = share * (sorted.length - 1);
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(position), Math.floor(position) + 2);
  return below + (above - below) * (position - Math.floor(position));
}
