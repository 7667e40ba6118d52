// Random lives of sessions against a real server, beside a small reference that was written from the design's table and
// not from the engine: whatever one of them grants or refuses the other does too, step by step.
import fc from 'fast-check';
import { join } from 'node:path';
import { startPostgres } from '../../test/shared/postgres.ts';
import { anyCommand } from './model/commands.ts';
import { beginRun, type Counts, type Played } from './model/played.ts';
import { startWorld, type World, type WorldOptions } from './model/world.ts';
import type { Context, Part } from './part.ts';

export const model: Part = {
  promise: 'Whatever clients, operators and time do, in any order: what the table grants is granted, and nothing else.',
  prove: async (context) => {
    const { tree, folder, isQuick, say } = context;
    const counts: Counts = { runs: 0, refreshes: 0, disturbances: 0 };
    const violations: string[] = [];
    const tryOn = async (name: string, database: WorldOptions['database'], runs: number): Promise<void> => {
      const world = await startWorld({ tree, database });
      try {
        violations.push(...(await counterexample(name, world, counts, context, runs)));
      } finally {
        await world.stop();
      }
      say(`${name}: ${String(counts.runs)} runs, ${String(counts.refreshes)} refreshes`);
    };
    await tryOn('SQLite', { file: join(folder, 'refract.db') }, isQuick ? 40 : 600);
    // One counterexample is enough to look into.
    if (violations.length === 0) {
      const postgres = await startPostgres();
      try {
        await tryOn('PostgreSQL', { url: await postgres.createDatabase() }, isQuick ? 15 : 300);
      } finally {
        await postgres.stop();
      }
    }
    return {
      cases: counts.refreshes,
      faults: counts.disturbances,
      violations,
      figures: { 'random lives': counts.runs },
    };
  },
};

/** Milliseconds of each database, after which neither another run is begun nor a counterexample made smaller. */
const longest = 40_000;

async function counterexample(
  name: string,
  world: World,
  counts: Counts,
  { random }: Context,
  numRuns: number,
): Promise<readonly string[]> {
  const seed = Math.floor(random() * 2 ** 31);
  const commands = fc.commands([anyCommand()], { maxCommands: 60, size: 'max' });
  const until = performance.now() + longest;
  const property = fc.asyncProperty(commands, async (given) => {
    if (performance.now() > until) return;
    const played = await beginRun(world, counts);
    await fc.asyncModelRun(() => ({ model: played, real: played }) satisfies { model: Played; real: Played }, given);
  });
  const found = await fc.check(property, { seed, numRuns });
  if (!found.failed) return [];
  const reason = found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance);
  const smallest = fc.stringify(found.counterexample?.[0]).replaceAll(/\s*\/\*.*?\*\//g, '');
  return [`${name}, fast-check seed ${String(seed)}: ${reason}; after ${smallest}`];
}
