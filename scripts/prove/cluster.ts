// The primary of a Patroni cluster is killed under load, with all processes of its node.
import { clusterNeeds, startCluster } from '../../test/shared/cluster.ts';
import { issueSessions, startServerProcess } from '../../test/shared/server-process.ts';
import { waitUntil } from '../../test/shared/wait.ts';
import { checkChains, pause, revokeOne, startChains } from './chains.ts';
import type { Part } from './part.ts';

export const cluster: Part = {
  promise: 'Any node of a Patroni cluster can die under load, the primary too, and no session is lost or restored.',
  needs: clusterNeeds,
  prove: async (context) => {
    const { tree, folder, isQuick, random, print, stopAtEnd } = context;
    const running = stopAtEnd(await startCluster(folder));
    print(`${(await running.primary()) ?? 'no node'} is the primary, with ${await running.countStandbys()} standbys`);
    const environment = {
      DATABASE_URL: running.url,
      REFRACT_MASTER_SECRET: 'a master secret that both servers of the cluster share',
    };
    const start = async () => stopAtEnd(await startServerProcess({ tree, folder, environment }));
    const [one, other] = await Promise.all([start(), start()]);
    const origins = [one.origin, other.origin];
    const issued = await issueSessions(one, isQuick ? 40 : 200);
    const chains = startChains(context, { origins: () => origins, issued, restMs: 20 });
    const waits: number[] = [];
    const rounds = isQuick ? 1 : 2;
    for (let round = 0; round < rounds; round += 1) {
      await pause(3_000);
      for (let count = 0; count < 5; count += 1) await revokeOne(one, chains, random);
      const primary = await running.primary();
      if (primary === undefined) throw new Error('there is no primary');
      const since = performance.now();
      await running.killNode(primary);
      const isReplaced = async (): Promise<boolean> => ![undefined, primary].includes(await running.primary());
      await waitUntil('another node is the primary', 180, isReplaced);
      const before = chains.counts.refreshes;
      await waitUntil('refreshes continue', 60, async () => chains.counts.refreshes > before + issued.length / 4);
      waits.push(Math.round((performance.now() - since) / 1000));
      print(`${primary} was killed, ${(await running.primary()) ?? 'no node'} is the primary`);
      running.startNode(primary);
      await waitUntil('the killed node follows again', 180, async () => (await running.countStandbys()) === 2);
    }
    // Both servers refuse sessions that were revoked before a failover.
    const { cases, figures } = await checkChains(chains, ...origins);
    return {
      ...{ cases, faults: rounds },
      figures: { ...figures, 'seconds from the kill until refreshes continued': waits.join(', ') },
    };
  },
};
