// Random histories of sessions on a real server, compared with a small reference that was written from the design's table
// and not from the engine.
import fc from 'fast-check';
import { join } from 'node:path';
import { startPostgres } from '../../test/shared/postgres.ts';
import { anyCommand } from './model/commands.ts';
import { beginRun, type Counts } from './model/run.ts';
import { startWorld, type Location } from './model/world.ts';
import type { Context, Part } from './part.ts';

export const model: Part = {
  promise:
    'In any order of actions of clients, operators and time, the server grants what the table grants and nothing else.',
  prove: async (context) => {
    const { folder, isQuick, violations, stopAtEnd } = context;
    const counts: Counts = { runs: 0, refreshes: 0, disturbances: 0 };
    await tryOn(context, 'SQLite', { file: join(folder, 'refract.db') }, isQuick ? 40 : 600, counts);
    // One counterexample is enough.
    if (violations.length === 0) {
      const url = await stopAtEnd(await startPostgres()).createDatabase();
      await tryOn(context, 'PostgreSQL', { url }, isQuick ? 15 : 300, counts);
    }
    return { cases: counts.refreshes, faults: counts.disturbances, figures: { runs: counts.runs } };
  },
};

/** After this time on one database no run begins and no counterexample shrinks. */
const longestMs = 40_000;

async function tryOn(
  { tree, random, print, violate, stopAtEnd }: Context,
  name: string,
  location: Location,
  numRuns: number,
  counts: Counts,
): Promise<void> {
  const world = stopAtEnd(await startWorld(tree, location));
  const seed = Math.floor(random() * 2 ** 31);
  const commands = fc.commands([anyCommand()], { maxCommands: 60, size: 'max' });
  const until = performance.now() + longestMs;
  const property = fc.asyncProperty(commands, async (history) => {
    if (performance.now() > until) return;
    const run = await beginRun(world, counts);
    await fc.asyncModelRun(() => ({ model: run, real: run }), history);
  });
  const found = await fc.check(property, { seed, numRuns });
  print(`${name}: ${counts.runs} runs, ${counts.refreshes} refreshes`);
  if (!found.failed) return;
  const reason = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  const smallest = fc.stringify(found.counterexample?.[0]).replaceAll(/\s*\/\*.*?\*\//g, '');
  violate(`${name}, fast-check seed ${seed}: ${reason}; after ${smallest}`);
}
