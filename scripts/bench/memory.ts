// What a server holds of the memory: five contracts, the admin listener and SQLite, idle and after many refreshes. It
// should be the same after a tenth of them and after all.
import { keep, table } from './rounds.ts';
import { memoryOf, refractTarget, startRefract, type Bench } from './targets.ts';

/** Seconds for one part of the refreshes; the number ends it before. */
const longest = 600;

/** @returns the figures as text; they are also kept in `var/bench` */
export async function measureMemory(bench: Bench): Promise<string> {
  const all = bench.isFull ? 1_000_000 : 50_000;
  const server = await startRefract(bench, 'refract');
  const target = await refractTarget(server, 'refract', 'xerial', 64);
  const after = [{ refreshes: 0, megabytes: memoryOf(server.pid) }];
  let [refreshes, errors] = [0, 0];
  for (let part = 0; part < 10; part += 1) {
    const figures = await target.measure({ seconds: longest, most: all / 10 });
    refreshes += figures.refreshes;
    errors += figures.errors + figures.wrongBodies;
    after.push({ refreshes, megabytes: memoryOf(server.pid) });
  }
  keep('memory.json', `${JSON.stringify({ at: new Date().toISOString(), errors, after }, undefined, 2)}\n`);
  const at = (index: number): number => after.at(index)?.megabytes ?? Number.NaN;
  return [
    table(
      ['refreshes', 'MB'],
      after.map((one) => [String(one.refreshes), one.megabytes.toFixed(0)]),
    ),
    '',
    `Idle ${at(0).toFixed(0)} MB (wanted: at most 200); after all ÷ after a tenth ${(at(-1) / at(1)).toFixed(2)}; ${String(errors)} errors.`,
  ].join('\n');
}
