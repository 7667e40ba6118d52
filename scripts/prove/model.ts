// Random lives of sessions against a real server, beside a small reference that was written from the design's table and
// not from the engine.
import fc from 'fast-check';
import { join } from 'node:path';
import { startPostgres } from '../../test/shared/postgres.ts';
import { anyCommand } from './model/commands.ts';
import { beginRun, type Counts } from './model/played.ts';
import { startWorld, type Place } from './model/world.ts';
import type { Context, Part } from './part.ts';

export const model: Part = {
  promise: 'Whatever clients, operators and time do, in any order: what the table grants is granted, and nothing else.',
  prove: async (context) => {
    const { folder, isQuick, stopAfter } = context;
    const counts: Counts = { runs: 0, refreshes: 0, disturbances: 0 };
    let violations = await tryOn(context, 'SQLite', { file: join(folder, 'refract.db') }, isQuick ? 40 : 600, counts);
    // One counterexample is enough to look into.
    if (violations.length === 0) {
      const url = await stopAfter(await startPostgres()).createDatabase();
      violations = await tryOn(context, 'PostgreSQL', { url }, isQuick ? 15 : 300, counts);
    }
    return { cases: counts.refreshes, faults: counts.disturbances, violations, figures: { runs: counts.runs } };
  },
};

/** Milliseconds of each database, after which no run begins and no counterexample is made smaller. */
const longest = 40_000;

async function tryOn(
  { tree, random, say, stopAfter }: Context,
  name: string,
  place: Place,
  numRuns: number,
  counts: Counts,
): Promise<readonly string[]> {
  const world = stopAfter(await startWorld(tree, place));
  const seed = Math.floor(random() * 2 ** 31);
  const commands = fc.commands([anyCommand()], { maxCommands: 60, size: 'max' });
  const until = performance.now() + longest;
  const property = fc.asyncProperty(commands, async (given) => {
    if (performance.now() > until) return;
    const played = await beginRun(world, counts);
    await fc.asyncModelRun(() => ({ model: played, real: played }), given);
  });
  const found = await fc.check(property, { seed, numRuns });
  say(`${name}: ${counts.runs} runs, ${counts.refreshes} refreshes`);
  if (!found.failed) return [];
  const reason = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  const smallest = fc.stringify(found.counterexample?.[0]).replaceAll(/\s*\/\*.*?\*\//g, '');
  return [`${name}, fast-check seed ${seed}: ${reason}; after ${smallest}`];
}
