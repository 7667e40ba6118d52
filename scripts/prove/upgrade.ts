// A rolling upgrade: servers of two releases over one database while clients refresh. The newer release has a further
// migration; servers of the older release keep running beside it and can restart.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabaseOn, queryOnce, startEmbedded } from '../../test/shared/postgres.ts';
import { issueSessions } from '../../test/shared/server-process.ts';
import { copyTree } from '../../test/shared/tree-copy.ts';
import { checkChains, everyoneContinues, startChains } from './chains.ts';
import { startBehindProxy, type Instance } from './instance.ts';
import type { Part } from './part.ts';

export const upgrade: Part = {
  promise:
    'A rolling upgrade with a migration locks no client out; nor does returning one server to the older release.',
  prove: async (context) => {
    const { tree, isQuick, print, expect, stopAtEnd } = context;
    const postgres = stopAtEnd(await startEmbedded());
    const { folder: newer, remove } = copyTree();
    stopAtEnd({ stop: remove });
    plantMigration(newer);
    const database = await createDatabaseOn(postgres.url);
    const [one, other] = [await startBehindProxy(context, database), await startBehindProxy(context, database)];
    const issued = await issueSessions(one.server(), isQuick ? 60 : 200);
    const origins = (): readonly string[] => [...one.origins(), ...other.origins()];
    const chains = startChains(context, { origins, issued, restMs: 300 });
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
      print(`${what}: ${chains.counts.refreshes} refreshes`);
    }
    const { cases, figures } = await checkChains(chains, ...origins());
    const found = JSON.stringify(await queryOnce(database, 'SELECT version::int FROM refract.schema_version'));
    const wanted = JSON.stringify([{ version: migrationsIn(tree) + 1 }]);
    expect(found === wanted, `the schema was not upgraded: ${found}`);
    return { cases, figures, faults: steps.length - 1 };
  },
};

const migrationsFile = join('src', 'store', 'postgres', 'migrations.ts');
const endOfMigrations = '\n];\n\n/** "RFRT"';

/** Adds a migration, as a later release may. */
function plantMigration(tree: string): void {
  const file = join(tree, migrationsFile);
  const text = readFileSync(file, 'utf8');
  const migration = `
  {
    worksWith: 1,
    sql: "ALTER TABLE refract.session ADD COLUMN device text NOT NULL DEFAULT 'unknown';",
  },`;
  const planted = text.replace(endOfMigrations, migration + endOfMigrations);
  if (planted === text) throw new Error(`${migrationsFile} has its migrations elsewhere`);
  writeFileSync(file, planted);
}

function migrationsIn(tree: string): number {
  return readFileSync(join(tree, migrationsFile), 'utf8').split('    worksWith: ').length - 1;
}
