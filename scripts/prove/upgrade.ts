// A rolling upgrade: servers of two releases over one database while clients refresh. The newer release brings a step of
// the schema along; servers of the older one continue beside it, and start again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabaseOn, queryOnce, startEmbedded } from '../../test/shared/postgres.ts';
import { copyTree } from '../bench/tree-copy.ts';
import { everyoneContinues, lookBack, startChains } from './chains.ts';
import type { Part } from './part.ts';
import { issueMany, startBehindProxy, type Instance } from './serving.ts';

export const upgrade: Part = {
  promise: 'A rolling upgrade with a step of the schema locks no client out; nor does going back with one server.',
  prove: async (context) => {
    const { tree, isQuick, random, say, stopAfter } = context;
    const postgres = stopAfter(await startEmbedded());
    const { folder: newer, remove } = copyTree();
    stopAfter({ stop: remove });
    plantStep(newer);
    const database = await createDatabaseOn(postgres.url);
    const [one, other] = [await startBehindProxy(context, database), await startBehindProxy(context, database)];
    const issued = await issueMany(one.server(), isQuick ? 60 : 200);
    const origins = (): readonly string[] => [...one.origins(), ...other.origins()];
    const chains = stopAfter(startChains({ origins, issued, random, rest: 300 }));
    const steps: readonly (readonly [string, Instance | undefined, string])[] = [
      ['both of the older release', undefined, tree],
      ['one of the newer release', one, newer],
      ['the older one started again beside it', other, tree],
      ['both of the newer release', other, newer],
      ['one of the older release again', one, tree],
    ];
    for (const [what, instance, release] of steps) {
      await instance?.end('SIGTERM');
      await instance?.start(release);
      await everyoneContinues(chains, 3);
      say(`${what}: ${chains.counts.refreshes} refreshes`);
    }
    const { cases, violations, figures } = await lookBack(chains, ...origins());
    const found = JSON.stringify(await queryOnce(database, 'SELECT version::int FROM refract.schema_version'));
    const wanted = JSON.stringify([{ version: stepsIn(tree) + 1 }]);
    return {
      ...{ cases, figures, faults: steps.length - 1 },
      violations: [...violations, ...(found === wanted ? [] : [`the schema was not upgraded: ${found}`])],
    };
  },
};

const stepsFile = join('src', 'store', 'postgres', 'migrations.ts');
const endOfSteps = '\n];\n\n/** "RFRT"';

/** Adds a step of the schema, as a later release may. */
function plantStep(tree: string): void {
  const file = join(tree, stepsFile);
  const text = readFileSync(file, 'utf8');
  const step = `
  {
    worksWith: 1,
    sql: "ALTER TABLE refract.session ADD COLUMN device text NOT NULL DEFAULT 'unknown';",
  },`;
  const planted = text.replace(endOfSteps, step + endOfSteps);
  if (planted === text) throw new Error(`${stepsFile} has its steps elsewhere`);
  writeFileSync(file, planted);
}

function stepsIn(tree: string): number {
  return readFileSync(join(tree, stepsFile), 'utf8').split('    worksWith: ').length - 1;
}
