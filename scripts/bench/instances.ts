// One, two and four instances over one PostgreSQL on this machine, and the round trips of a refresh to the database. All
// share the cores of this machine: the figures show the cost of instances, not the gain of more machines.
import { createDatabaseOn, startEmbedded } from '../../test/shared/postgres.ts';
import { countRoundTrips } from '../../test/shared/wire-counter.ts';
import { measureInTurn, saveFigures } from './rounds.ts';
import { issued, refractTarget, startRefract, targetOf, type Bench, type Target } from './targets.ts';

const contract = 'xerial' as const;
const clients = 64;

/** @returns the figures as text; they are also written to `var/bench` */
export async function measureInstances(bench: Bench): Promise<string> {
  const postgres = await startEmbedded();
  bench.atEnd(() => postgres.stop());
  const databaseUrl = await createDatabaseOn(postgres.url);
  const start = (url: string) =>
    startRefract(bench, 'refract', {
      environment: { DATABASE_URL: url, REFRACT_MASTER_SECRET: 'a master secret that all instances share' },
    });
  const first = await start(databaseUrl);
  const servers = [first, await start(databaseUrl), await start(databaseUrl), await start(databaseUrl)];
  const targets: Target[] = [];
  for (const count of [1, 2, 4]) {
    const some = servers.slice(0, count);
    const order = {
      origins: some.map(({ origin }) => origin),
      contract,
      tokens: await issued(first, contract, clients),
    };
    targets.push(
      targetOf(
        nameOf(count),
        some.map(({ pid }) => pid),
        order,
      ),
    );
  }
  const ratios = [2, 4].map((count) => ({
    of: `${nameOf(count)} ÷ one`,
    upper: nameOf(count),
    lower: nameOf(1),
  }));
  const figures = saveFigures('instances', await measureInTurn(bench, targets), ratios);
  const counter = await countRoundTrips(databaseUrl);
  bench.atEnd(counter.stop);
  const counted = await refractTarget(await start(counter.url), 'counted', contract, 1);
  await counted.measure({ seconds: 1 });
  counter.roundTrips();
  const { refreshes } = await counted.measure({ seconds: 3 });
  const perRefresh = counter.roundTrips() / refreshes;
  return `${figures}\nRound trips to PostgreSQL for one refresh, with the looks at the keys among them: ${perRefresh.toFixed(2)}`;
}

function nameOf(count: number): string {
  return `${String(count)} ${count === 1 ? 'instance' : 'instances'}`;
}
