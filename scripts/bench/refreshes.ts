// What a refresh costs beside what the same exchange costs without one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptFigures, measureInTurn } from './in-turn.ts';
import type { RatioWanted } from './summary.ts';
import { everything, startTargets } from './targets.ts';

const ratios: readonly RatioWanted[] = [
  { of: 'xerial ÷ node:http echo', upper: 'refract xerial 64', lower: 'http xerial 64' },
  { of: 'xerial ÷ Express echo', upper: 'refract xerial 64', lower: 'express xerial 64', wanted: '≥ 0.75' },
  { of: 'xerial ÷ validated echo', upper: 'refract xerial 64', lower: 'validated xerial 64', wanted: '≥ 1.0' },
  {
    of: 'xerial ÷ validated echo, 16 clients',
    upper: 'refract xerial 16',
    lower: 'validated xerial 16',
    wanted: '≥ 0.85',
  },
  {
    of: 'engine in a thread of its own ÷ all in one',
    upper: 'refract xerial 64',
    lower: 'one-thread xerial 64',
    wanted: '≥ 1.2',
  },
  { of: 'two workers ÷ one', upper: 'two-workers xerial 64', lower: 'refract xerial 64' },
  { of: 'fib (Ed25519) ÷ validated echo', upper: 'refract fib 64', lower: 'validated fib 64', wanted: '≥ 0.55' },
  {
    of: 'validated echo ÷ five validators in a chain',
    upper: 'validated xerial 64',
    lower: 'obvious xerial 64',
    wanted: '≥ 1.25',
  },
  { of: 'validated echo ÷ Express echo', upper: 'validated xerial 64', lower: 'express xerial 64' },
  {
    of: 'p99 of xerial ÷ validated echo',
    upper: 'refract xerial 64',
    lower: 'validated xerial 64',
    wanted: '≤ 1.5',
    divided: (one, other) => one.p99 / other.p99,
  },
  {
    of: 'p50 alone ÷ (validated echo + commit)',
    upper: 'refract xerial 1',
    lower: 'validated xerial 1',
    wanted: '≤ 2',
    divided: (one, other, commit) => one.p50 / (other.p50 + commit),
  },
];

/** @returns the figures as text; they are also kept in `var/bench` */
export async function measureRefreshes(isFull: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  const targets = await startTargets(folder, everything);
  try {
    const rounds = isFull ? { rounds: 5, seconds: 6 } : { rounds: 3, seconds: 2 };
    return keptFigures('refreshes', await measureInTurn(targets.all, rounds, folder), ratios);
  } finally {
    await targets.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
