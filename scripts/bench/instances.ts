// One, two and four instances over one PostgreSQL on this machine, in turn: refreshes a second, waiting times, and how
// often a refresh goes to the database and back. All of it shares the cores of this machine, so that more instances show
// what they cost, not what more machines would bring.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startEmbedded, createDatabaseOn } from '../../test/shared/postgres.ts';
import { countRoundTrips } from '../../test/shared/wire-counter.ts';
import { startProcess, type ServerProcess } from '../prove/serving.ts';
import type { LoadFigures } from './load.ts';
import { loaded, median } from './loading.ts';

const rounds = 3;
const seconds = 4;
const connections = 64;
const contract = 'xerial';

export async function measureInstances(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  const postgres = await startEmbedded();
  const servers: ServerProcess[] = [];
  const start = async (databaseUrl: string): Promise<ServerProcess> => {
    const environment = {
      DATABASE_URL: databaseUrl,
      REFRACT_MASTER_SECRET: 'a master secret that all instances share',
    };
    const server = await startProcess({ tree: dirname(dirname(import.meta.dirname)), folder, environment });
    servers.push(server);
    return server;
  };
  try {
    const databaseUrl = await createDatabaseOn(postgres.url);
    const first = await start(databaseUrl);
    for (let count = 1; count < 4; count += 1) await start(databaseUrl);
    let tokens: readonly string[] = await Promise.all(
      Array.from({ length: connections }, async (_, index) => {
        const { token } = await first.issue(contract, `subject ${String(index)}`);
        return token;
      }),
    );
    const sizes = [1, 2, 4];
    const measured = new Map<number, LoadFigures[]>(sizes.map((size) => [size, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const size of sizes) {
        const origins = servers.slice(0, size).map(({ origin }) => origin);
        const figures = await loaded({ origins, contract, tokens, seconds });
        ({ tokens } = figures);
        measured.get(size)?.push(figures);
      }
    }
    const counter = await countRoundTrips(databaseUrl);
    const counted = await start(counter.url);
    const alone = await counted.issue(contract, 'subject alone');
    await loaded({ origins: [counted.origin], contract, tokens: [alone.token], seconds: 1 });
    counter.roundTrips();
    const { refreshes } = await loaded({
      origins: [counted.origin],
      contract,
      tokens: [(await counted.issue(contract, 'another')).token],
      seconds: 3,
    });
    const perRefresh = counter.roundTrips() / refreshes;
    const lines = sizes.map((size) => lineOf(size, measured.get(size) ?? [], measured.get(1) ?? []));
    await counter.stop();
    return [
      `${contract}, ${String(connections)} connections, ${String(rounds)} rounds of ${String(seconds)} s in turn, medians:`,
      '| instances | refreshes/s | ÷ one instance | p50 ms | p99 ms | errors |',
      '|---:|---:|---:|---:|---:|---:|',
      ...lines,
      `Round trips to PostgreSQL for one refresh, with the looks at the keys among them: ${perRefresh.toFixed(2)}`,
    ].join('\n');
  } finally {
    for (const server of servers) await server.kill('SIGKILL');
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function lineOf(size: number, figures: readonly LoadFigures[], ofOne: readonly LoadFigures[]): string {
  const middle = (of: (one: LoadFigures) => number): number => median(figures.map(of));
  const ratio = median(figures.map(({ perSecond }, round) => perSecond / (ofOne[round]?.perSecond ?? perSecond)));
  const errors = figures.reduce((sum, one) => sum + one.errors + one.wrongBodies, 0);
  const [perSecond, p50, p99] = [middle((one) => one.perSecond), middle((one) => one.p50), middle((one) => one.p99)];
  return `| ${String(size)} | ${perSecond.toFixed(0)} | ${ratio.toFixed(2)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${String(errors)} |`;
}
