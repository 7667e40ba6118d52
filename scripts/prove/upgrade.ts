// A rolling upgrade: servers of two releases over one database while clients refresh. The newer one brings a step for the
// schema along, and the older one goes on beside it, and can be started again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabaseOn, queryOnce, startEmbedded } from '../../test/shared/postgres.ts';
import { copyTree } from '../bench/tree-copy.ts';
import { createChains, pause, type Chains } from './chains.ts';
import { doubleSuccessors, presentOldTokens } from './crash.ts';
import { issueMany, startInstance, type Instance } from './instances.ts';
import type { Context, Part, Shown } from './part.ts';

export const upgrade: Part = {
  promise:
    'An upgrade that rolls through, with a step for the schema, locks nobody out; nor does going back one server.',
  prove: async (context) => {
    const postgres = await startEmbedded();
    const begun: { stop: () => Promise<void> }[] = [postgres];
    try {
      const newer = copyTree();
      begun.push({ stop: () => Promise.resolve(newer.remove()) });
      plantStep(newer.folder);
      return await rolled(context, newer.folder, await createDatabaseOn(postgres.url), begun);
    } finally {
      for (const { stop } of begun.reverse()) await stop();
    }
  },
};

async function rolled(
  { tree, folder, isQuick, random, say }: Context,
  newer: string,
  database: string,
  begun: { stop: () => Promise<void> }[],
): Promise<Shown> {
  const one = await startInstance({ database, folder, tree });
  begun.push(one);
  const other = await startInstance({ database, folder, tree });
  begun.push(other);
  const servers = () => [one, other].flatMap(({ server }) => server() ?? []);
  const [first] = servers();
  if (first === undefined) throw new Error('no server is up');
  const chains = createChains({
    origins: () => servers().map(({ origin }) => origin),
    chains: await issueMany(first, isQuick ? 60 : 200),
    random,
    rest: 300,
  });
  let isOver = false;
  begun.push({
    stop: () => {
      isOver = true;
      return Promise.resolve(chains.close());
    },
  });
  const running = chains.run(() => isOver);
  const steps: readonly (readonly [string, Instance | undefined, string])[] = [
    ['both of the older release', undefined, tree],
    ['one of the newer release', one, newer],
    ['the older one started again beside it', other, tree],
    ['both of the newer release', other, newer],
    ['one of the older release again', one, tree],
  ];
  for (const [what, instance, release] of steps) {
    await instance?.end('stop');
    await instance?.start(release);
    await everyoneGoesOn(chains);
    say(`${what}: ${String(chains.figures().refreshes)} refreshes`);
  }
  isOver = true;
  await running;
  const [serving] = servers();
  const presented = serving === undefined ? 0 : await presentOldTokens(chains, serving.origin);
  const found = await queryOnce(database, 'SELECT version::int FROM refract.schema_version');
  const { refreshes, lost, unavailable, longestWait } = chains.figures();
  const isUpgraded = JSON.stringify(found) === JSON.stringify([{ version: stepsIn(tree) + 1 }]);
  return {
    cases: refreshes + presented,
    faults: steps.length - 1,
    violations: [
      ...chains.violations,
      ...doubleSuccessors(chains.all),
      ...(isUpgraded ? [] : [`the schema was not upgraded: ${JSON.stringify(found)}`]),
    ],
    figures: {
      chains: chains.all.length,
      refreshes,
      'answers lost': lost,
      'told to wait (503)': unavailable,
      'longest wait of a client': `${(longestWait / 1000).toFixed(1)} s`,
    },
  };
}

const stepsFile = join('src', 'store', 'postgres', 'migrations.ts');
const endOfSteps = '\n];\n\n/** "RFRT"';

/** One more step than this release has, as a later one may bring. */
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

/** Until every client was granted three times more. */
async function everyoneGoesOn({ all, violations }: Chains): Promise<void> {
  const before = new Map(all.map((chain) => [chain, chain.refreshes]));
  const end = performance.now() + 90_000;
  while (violations.length === 0 && all.some((chain) => chain.refreshes < (before.get(chain) ?? 0) + 3)) {
    if (performance.now() > end) throw new Error('not every client was granted in time');
    await pause(50);
  }
}
