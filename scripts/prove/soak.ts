// Full load for minutes: memory, handles and the database stay as they were when the server was warm.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contracts, type ContractName } from '../../test/shared/refreshing.ts';
import { loaded, median } from '../bench/loading.ts';
import { collecting, footprintOf, megabytesOf } from './footprint.ts';
import type { Part } from './part.ts';
import { issueMany, startProcess } from './serving.ts';

const connections = 64;

export const soak: Part = {
  promise: 'At full load memory, handles and the database stay as they are, however many refreshes there were.',
  prove: async ({ tree, folder, minutes, say, stopAfter }) => {
    const { sliceSeconds, warmUp, slices } = planOf(minutes);
    // Of what there was when the server was warm.
    const mostGrowth = minutes < 2 ? 1.3 : 1.1;
    const server = stopAfter(await startProcess({ tree, folder, nodeArguments: collecting }));
    const tokens = new Map<ContractName, readonly string[]>();
    for (const contract of contracts) {
      const issued = await issueMany(server, connections, [contract]);
      tokens.set(
        contract,
        issued.map(({ token }) => token),
      );
    }
    const databaseBytes: number[] = [];
    const violations: string[] = [];
    let refreshes = 0;
    const load = async (count: number): Promise<void> => {
      for (let slice = 0; slice < count; slice += 1) {
        const contract = contracts[slice % contracts.length] ?? 'xerial';
        const order = { contract, origins: [server.origin], seconds: sliceSeconds };
        const isStatic = contract === 'kirjaswappi';
        const figures = await loaded({ ...order, tokens: tokens.get(contract) ?? [], isStatic });
        databaseBytes.push(bytesOf(folder));
        tokens.set(contract, figures.tokens);
        refreshes += figures.refreshes;
        const wrong = figures.errors + figures.wrongBodies;
        if (wrong > 0) violations.push(`${contract}: ${wrong} answers were not granted ones`);
        if ((slice + 1) % 5 === 0) say(`${refreshes} refreshes, ${megabytesOf(server.pid)} MB resident`);
      }
    };
    await load(warmUp);
    const warm = await footprintOf(server.pid, { megabytes: 0, handles: 0 }, 2_000);
    const [begin, seen] = [median(databaseBytes.slice(-contracts.length)), refreshes];
    await load(slices);
    const most = { megabytes: Math.ceil(warm.megabytes * mostGrowth), handles: warm.handles };
    const cold = await footprintOf(server.pid, most, 20_000);
    const end = median(databaseBytes.slice(-contracts.length));
    const check = (what: string, before: number, after: number, growth = mostGrowth): void => {
      if (after > before * growth) violations.push(`there were ${before} ${what}, and then ${after}`);
    };
    check('MB held once garbage is collected', warm.megabytes, cold.megabytes);
    check('bytes of database', begin, end);
    check('handles', warm.handles, cold.handles, 1);
    if (server.complaints() !== '') violations.push('it wrote to standard error');
    return {
      ...{ cases: refreshes, faults: 0, violations },
      figures: {
        minutes,
        'refreshes once warm': refreshes - seen,
        'held before and after (MB)': `${warm.megabytes}, ${cold.megabytes}`,
        'handles before and after': `${warm.handles}, ${cold.handles}`,
        'database before and after (bytes)': `${begin}, ${end}`,
      },
    };
  },
};

/** Two of ten minutes warm the server up, or a third of a short soak; each contract has its turns in both. */
function planOf(minutes: number): { sliceSeconds: number; warmUp: number; slices: number } {
  const sliceSeconds = Math.max(1, (minutes * 60) / 50);
  const rounds = (seconds: number): number => Math.max(1, Math.round(seconds / sliceSeconds / contracts.length));
  const [all, warm] = [rounds(minutes * 60), rounds(Math.min(2, minutes / 3) * 60)];
  return { sliceSeconds, warmUp: warm * contracts.length, slices: Math.max(1, all - warm) * contracts.length };
}

/** With its write-ahead log, which a checkpoint empties but never shortens. */
function bytesOf(folder: string): number {
  return ['refract.db', 'refract.db-wal']
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file))
    .reduce((bytes, file) => bytes + statSync(file).size, 0);
}
