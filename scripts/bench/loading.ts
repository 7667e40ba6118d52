// Runs the load in a process of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LoadFigures, LoadOrder } from './load.ts';

/** @throws what the load complained of where it could not be carried out */
export function loaded(order: LoadOrder): Promise<LoadFigures> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(order));
  let written = '';
  let complaint = '';
  child.stdout.on('data', (chunk) => (written += String(chunk)));
  child.stderr.on('data', (chunk) => (complaint += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      // Written by the load itself.
      if (code === 0) resolve(JSON.parse(written) as LoadFigures);
      else reject(new Error(`the load ended with ${String(code)}: ${complaint.slice(0, 500)}`));
    });
  });
}

/** The middle one of several figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The figure below which this share of the figures lies, between the two nearest where none is at the very place. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((one, other) => one - other);
  const place = share * (sorted.length - 1);
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
  return below + (above - below) * (place - Math.floor(place));
}
