// The primary of a Patroni cluster is killed under load, with everything that runs on its node.
import { clusterNeeds, startCluster } from '../cluster/nodes.ts';
import { lookBack, pause, revokeOne, startChains, until } from './chains.ts';
import type { Part } from './part.ts';
import { issueMany, startProcess } from './serving.ts';

export const cluster: Part = {
  promise: 'A node of a Patroni cluster can die under load, the primary too, and no session is lost or comes back.',
  needs: clusterNeeds,
  prove: async ({ tree, folder, isQuick, random, say, stopAfter }) => {
    const running = stopAfter(await startCluster(folder));
    say(`${(await running.primary()) ?? 'no node'} is the primary, with ${await running.following()} standbys`);
    const environment = {
      DATABASE_URL: running.url,
      REFRACT_MASTER_SECRET: 'a master secret that both servers of the cluster share',
    };
    const begin = async () => stopAfter(await startProcess({ tree, folder, environment }));
    const [one, other] = await Promise.all([begin(), begin()]);
    const origins = [one.origin, other.origin];
    const issued = await issueMany(one, isQuick ? 40 : 200);
    const chains = stopAfter(startChains({ origins: () => origins, issued, random, rest: 20 }));
    const waits: number[] = [];
    const rounds = isQuick ? 1 : 2;
    for (let round = 0; round < rounds; round += 1) {
      await pause(3_000);
      for (let count = 0; count < 5; count += 1) await revokeOne(one, chains, random);
      const primary = await running.primary();
      if (primary === undefined) throw new Error('there is no primary');
      const since = performance.now();
      await running.killNode(primary);
      await until(
        'another node is the primary',
        180,
        async () => ![undefined, primary].includes(await running.primary()),
      );
      const before = chains.counts.refreshes;
      await until('refreshes continue', 60, async () => chains.counts.refreshes > before + issued.length / 4);
      waits.push(Math.round((performance.now() - since) / 1000));
      say(`${primary} was killed, ${(await running.primary()) ?? 'no node'} is the primary`);
      running.startNode(primary);
      await until('the killed node follows again', 180, async () => (await running.following()) === 2);
    }
    // What was revoked before a failover is refused after it, by both servers.
    const { cases, violations, figures } = await lookBack(chains, ...origins);
    return {
      ...{ cases, violations, faults: rounds },
      figures: { ...figures, 'seconds from the kill until refreshes continued': waits.join(', ') },
    };
  },
};
