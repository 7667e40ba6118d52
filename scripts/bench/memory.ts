// What a server holds of the memory: five contracts, the admin listener and SQLite, idle and after many refreshes. It is
// to be the same after a tenth of them and after all.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keep } from './in-turn.ts';
import { loaded } from './loading.ts';
import { memoryOf } from './processor-time.ts';
import { startTargets } from './targets.ts';

/** Of the clock, for one part of the refreshes; the number ends it before. */
const longest = 600;

const bar = 200;

/** @returns the figures as text; they are also kept in `var/bench` */
export async function measureMemory(isFull: boolean): Promise<string> {
  const all = isFull ? 1_000_000 : 50_000;
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  const targets = await startTargets(folder, { refract: [['xerial', 64]], variants: [], echoes: [] });
  try {
    const [target] = targets.all;
    if (target === undefined) throw new Error('there is no target');
    const { origin, contract, pid } = target;
    const after: { refreshes: number; megabytes: number }[] = [{ refreshes: 0, megabytes: memoryOf(pid) }];
    let { tokens } = target;
    let [refreshes, errors] = [0, 0];
    for (let part = 0; part < 10; part += 1) {
      const figures = await loaded({ origins: [origin], contract, tokens, seconds: longest, most: all / 10 });
      ({ tokens } = figures);
      refreshes += figures.refreshes;
      errors += figures.errors + figures.wrongBodies;
      after.push({ refreshes, megabytes: memoryOf(pid) });
    }
    keep('memory.json', `${JSON.stringify({ at: new Date().toISOString(), errors, after }, undefined, 2)}\n`);
    const at = (index: number): number => after.at(index)?.megabytes ?? Number.NaN;
    return [
      '| refreshes | MB |',
      '|---:|---:|',
      ...after.map((one) => `| ${String(one.refreshes)} | ${one.megabytes.toFixed(0)} |`),
      '',
      `Idle ${at(0).toFixed(0)} MB (wanted: at most ${String(bar)}); after all ÷ after a tenth ${(at(-1) / at(1)).toFixed(2)}; ${String(errors)} errors.`,
    ].join('\n');
  } finally {
    await targets.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
