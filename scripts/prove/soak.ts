// Full load for minutes: memory and handles stay what they are once the server is warm, and the database does not grow with
// the refreshes that it has seen.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contracts, type ContractName } from '../../test/shared/refreshing.ts';
import { loaded, median } from '../bench/loading.ts';
import { collecting, footprintOf, megabytesOf } from './attacks/footprint.ts';
import type { Part } from './part.ts';
import { startProcess, type ServerProcess } from './serving.ts';

const connections = 64;

export const soak: Part = {
  promise: 'At full load memory, handles and the database stay as they are, however many refreshes there were.',
  prove: async ({ tree, folder, minutes, say }) => {
    const { sliceSeconds, warmUp, slices } = planOf(minutes);
    // Of what there was when the server was warm.
    const mostGrowth = minutes < 2 ? 1.3 : 1.1;
    const server = await startProcess({ tree, folder, nodeArguments: collecting });
    try {
      const tokens = new Map<ContractName, readonly string[]>();
      for (const contract of contracts) tokens.set(contract, await issued(server, contract));
      const kept: Kept[] = [];
      let refreshes = 0;
      const violations: string[] = [];
      const load = async (count: number): Promise<void> => {
        for (let slice = 0; slice < count; slice += 1) {
          const contract = contracts[slice % contracts.length] ?? 'xerial';
          const watched = watch(server.pid);
          const order = { contract, origins: [server.origin], seconds: sliceSeconds };
          const isStatic = contract === 'kirjaswappi';
          const figures = await loaded({ ...order, tokens: tokens.get(contract) ?? [], isStatic });
          const megabytes = watched.median();
          tokens.set(contract, figures.tokens);
          refreshes += figures.refreshes;
          if (figures.errors + figures.wrongBodies > 0)
            violations.push(
              `${contract}: ${String(figures.errors + figures.wrongBodies)} answers were not granted ones`,
            );
          kept.push({ megabytes, databaseBytes: bytesOf(folder) });
          if ((slice + 1) % 5 === 0) say(`${String(refreshes)} refreshes, ${String(megabytes)} MB resident`);
        }
      };
      await load(warmUp);
      const warm = await footprintOf(server.pid, none, 2_000);
      const [begin, seen] = [middleOf(kept.slice(-contracts.length)), refreshes];
      await load(slices);
      const most = { megabytes: Math.ceil(warm.megabytes * mostGrowth), handles: warm.handles };
      const cold = await footprintOf(server.pid, most, 20_000);
      const end = middleOf(kept.slice(-contracts.length));
      const rounds = roundsOf(kept).map(({ megabytes }) => String(megabytes));
      const grown = (what: string, before: number, after: number): readonly string[] =>
        after > before * mostGrowth ? [`there were ${String(before)} ${what}, and then ${String(after)}`] : [];
      // Under load memory takes minutes to be what it stays.
      if (minutes >= 2) violations.push(...grown('MB of resident memory under load', begin.megabytes, end.megabytes));
      violations.push(...grown('MB held once garbage is collected', warm.megabytes, cold.megabytes));
      violations.push(...grown('bytes of database', begin.databaseBytes, end.databaseBytes));
      if (cold.handles > warm.handles)
        violations.push(`there were ${String(warm.handles)} handles, and then ${String(cold.handles)}`);
      if (server.complaints() !== '') violations.push('it wrote to standard error');
      return {
        cases: refreshes,
        faults: 0,
        violations,
        figures: {
          minutes,
          'refreshes once warm': refreshes - seen,
          'resident under load before and after (MB)': `${String(begin.megabytes)}, ${String(end.megabytes)}`,
          'resident under load, round by round (MB)': rounds.join(' '),
          'held before and after (MB)': `${String(warm.megabytes)}, ${String(cold.megabytes)}`,
          'handles before and after': `${String(warm.handles)}, ${String(cold.handles)}`,
          'database before and after (bytes)': `${String(begin.databaseBytes)}, ${String(end.databaseBytes)}`,
        },
      };
    } finally {
      await server.stop();
    }
  },
};

/** Of a soak of ten minutes two warm the server up, of a short one a third; each contract has its turns in both. */
function planOf(minutes: number): { sliceSeconds: number; warmUp: number; slices: number } {
  const sliceSeconds = Math.max(1, (minutes * 60) / 50);
  const rounds = (seconds: number): number => Math.max(1, Math.round(seconds / sliceSeconds / contracts.length));
  const [all, warm] = [rounds(minutes * 60), rounds(Math.min(2, minutes / 3) * 60)];
  return { sliceSeconds, warmUp: warm * contracts.length, slices: Math.max(1, all - warm) * contracts.length };
}

const none = { megabytes: 0, handles: 0 };

interface Kept {
  readonly megabytes: number;
  readonly databaseBytes: number;
}

async function issued(server: ServerProcess, contract: ContractName): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < connections; index += 1)
    tokens.push((await server.issue(contract, `subject ${String(index)}`)).token);
  return tokens;
}

/** Looks at the resident memory twice a second, until it is asked for the middle of what it saw. */
function watch(pid: number): { readonly median: () => number } {
  const seen = [megabytesOf(pid)];
  const timer = setInterval(() => seen.push(megabytesOf(pid)), 500);
  return {
    median: () => {
      clearInterval(timer);
      return median(seen);
    },
  };
}

/** With its write-ahead log, which a checkpoint empties but never shortens. */
function bytesOf(folder: string): number {
  return ['refract.db', 'refract.db-wal']
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file))
    .reduce((bytes, file) => bytes + statSync(file).size, 0);
}

/** The middle of each round of all contracts. */
function roundsOf(kept: readonly Kept[]): readonly { readonly megabytes: number }[] {
  return kept.flatMap((_, index) =>
    index % contracts.length === 0 ? [middleOf(kept.slice(index, index + contracts.length))] : [],
  );
}

function middleOf(kept: readonly Kept[]): { readonly megabytes: number; readonly databaseBytes: number } {
  return {
    megabytes: Math.round(median(kept.map(({ megabytes }) => megabytes))),
    databaseBytes: median(kept.map(({ databaseBytes }) => databaseBytes)),
  };
}
