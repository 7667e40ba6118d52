// The primary of a real cluster is killed under load, with everything that runs on its node: the proxy leads to the next
// one, nobody is locked out, and what was revoked stays so, since every commit waited for a standby.
import { clusterNeeds, startCluster, until } from '../cluster/nodes.ts';
import { contracts } from '../../test/shared/refreshing.ts';
import { createChains, pause } from './chains.ts';
import type { Part } from './part.ts';
import { startProcess } from './serving.ts';

export const cluster: Part = {
  promise: 'A node of a Patroni cluster can die under load, the primary too, and no session is lost or comes back.',
  needs: clusterNeeds,
  prove: async ({ tree, folder, isQuick, random, say }) => {
    const chainCount = isQuick ? 40 : 200;
    const running = await startCluster(folder);
    try {
      say(
        `${(await running.primary()) ?? 'nobody'} is the primary, with ${String(await running.following())} standbys`,
      );
      const environment = {
        DATABASE_URL: running.url,
        REFRACT_MASTER_SECRET: 'a master secret that both instances share',
      };
      const servers = await Promise.all([1, 2].map(() => startProcess({ tree, folder, environment })));
      const issuing = servers[0];
      if (issuing === undefined) throw new Error('there is no server');
      const started = [];
      for (let index = 0; index < chainCount; index += 1) {
        const contract = contracts[index % contracts.length] ?? 'xerial';
        started.push({ contract, ...(await issuing.issue(contract, `subject ${String(index)}`)) });
      }
      const chains = createChains({
        origins: () => servers.map(({ origin }) => origin),
        chains: started,
        random,
        rest: 20,
      });
      let isOver = false;
      const loaded = chains.run(() => isOver);
      const waits: number[] = [];
      const rounds = isQuick ? 1 : 2;
      for (let round = 0; round < rounds; round += 1) {
        await pause(3_000);
        for (const chain of chains.all.slice(round * 5, round * 5 + 5)) {
          // From here on it may have been done, whatever the answer.
          chain.isEnding = true;
          const path = { sessionId: chain.sessionId };
          const { response } = await issuing.admin.DELETE('/sessions/{sessionId}', { params: { path } });
          chain.revoked = response.ok;
        }
        const primary = await running.primary();
        if (primary === undefined) throw new Error('there is no primary');
        const since = performance.now();
        await running.killNode(primary);
        await until(
          'another node is the primary',
          180,
          async () => ![undefined, primary].includes(await running.primary()),
        );
        const before = chains.figures().refreshes;
        await until('refreshes go on', 60, async () =>
          Promise.resolve(chains.figures().refreshes > before + chainCount / 4),
        );
        waits.push(Math.round((performance.now() - since) / 1000));
        say(`${primary} was killed, ${(await running.primary()) ?? 'nobody'} is the primary`);
        running.startNode(primary);
        await until('the killed node follows again', 180, async () => (await running.following()) === 2);
      }
      isOver = true;
      await loaded;
      // Whoever was ended before a failover is refused after it, by both.
      let presented = 0;
      for (const { contract, tokens } of chains.all.filter(({ revoked }) => revoked)) {
        for (const { origin } of servers) {
          const answer = await chains.send(origin, contract, tokens.at(-1) ?? '');
          presented += 1;
          if (answer === undefined || /oken":"ey/i.test(answer.body))
            chains.violations.push(`${contract}: a revoked session was granted`);
        }
      }
      for (const server of servers) await server.stop();
      chains.close();
      const { refreshes, lost, unavailable, late } = chains.figures();
      return {
        cases: refreshes + presented,
        faults: rounds,
        violations: chains.violations,
        figures: {
          ...{ chains: chainCount, 'answers lost': lost, 'answered with 503': unavailable },
          'heard after the grace period': late,
          'seconds from the kill until refreshes went on': waits.join(', '),
        },
      };
    } finally {
      await running.stop();
    }
  },
};
