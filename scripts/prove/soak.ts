// Full load for minutes: memory, handles and the database do not grow once the server is warm.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contracts, type ContractName } from '../../test/shared/refreshing.ts';
import { issueSessions, startServerProcess } from '../../test/shared/server-process.ts';
import { median, runLoad } from '../bench/load-process.ts';
import { memoryOf } from '../machine.ts';
import { collectOnSignal, footprintOf } from './footprint.ts';
import type { Part } from './part.ts';

const connections = 64;

export const soak: Part = {
  promise: 'At full load neither memory nor handles nor the database grow with the number of refreshes.',
  prove: async ({ tree, folder, minutes, print, expect, stopAtEnd }) => {
    const { sliceSeconds, warmUp, slices } = planOf(minutes);
    // Compared with the warm server.
    const mostGrowth = minutes < 2 ? 1.3 : 1.1;
    const server = stopAtEnd(await startServerProcess({ tree, folder, nodeArguments: collectOnSignal }));
    const tokens = new Map<ContractName, readonly string[]>();
    for (const contract of contracts) {
      const issued = await issueSessions(server, connections, [contract]);
      tokens.set(
        contract,
        issued.map(({ token }) => token),
      );
    }
    const databaseBytes: number[] = [];
    let refreshes = 0;
    const load = async (count: number): Promise<void> => {
      for (let slice = 0; slice < count; slice += 1) {
        const contract = contracts[slice % contracts.length] ?? 'xerial';
        const order = { contract, origins: [server.origin], seconds: sliceSeconds };
        const isStatic = contract === 'kirjaswappi';
        const figures = await runLoad({ ...order, tokens: tokens.get(contract) ?? [], isStatic });
        databaseBytes.push(bytesOf(folder));
        tokens.set(contract, figures.tokens);
        refreshes += figures.refreshes;
        const wrong = figures.errors + figures.wrongBodies;
        expect(wrong === 0, `${contract}: ${wrong} responses were not granted`);
        if ((slice + 1) % 5 === 0) print(`${refreshes} refreshes, ${Math.round(memoryOf(server.pid))} MB resident`);
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
      expect(after <= before * growth, `there were ${before} ${what}, and then ${after}`);
    };
    check('MB in use after garbage collection', warm.megabytes, cold.megabytes);
    check('bytes of database', begin, end);
    check('handles', warm.handles, cold.handles, 1);
    expect(server.errors() === '', 'the server wrote to standard error');
    return {
      ...{ cases: refreshes, faults: 0 },
      figures: {
        minutes,
        'refreshes once warm': refreshes - seen,
        'memory before and after (MB)': `${warm.megabytes}, ${cold.megabytes}`,
        'handles before and after': `${warm.handles}, ${cold.handles}`,
        'database before and after (bytes)': `${begin}, ${end}`,
      },
    };
  },
};

/** Two of ten minutes warm the server up, or a third of a short soak; each contract has its slices in both. */
function planOf(minutes: number): { sliceSeconds: number; warmUp: number; slices: number } {
  const sliceSeconds = Math.max(1, (minutes * 60) / 50);
  const rounds = (seconds: number): number => Math.max(1, Math.round(seconds / sliceSeconds / contracts.length));
  const [all, warm] = [rounds(minutes * 60), rounds(Math.min(2, minutes / 3) * 60)];
  return { sliceSeconds, warmUp: warm * contracts.length, slices: Math.max(1, all - warm) * contracts.length };
}

/** Bytes of the database and its write-ahead log, which a checkpoint empties but never shortens. */
function bytesOf(folder: string): number {
  return ['refract.db', 'refract.db-wal']
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file))
    .reduce((bytes, file) => bytes + statSync(file).size, 0);
}
