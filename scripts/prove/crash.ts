// Servers that are killed with SIGKILL at random moments while clients refresh.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../test/shared/random.ts';
import { lookBack, pause, revokeOne, startChains, type Chains } from './chains.ts';
import type { Context, Part } from './part.ts';
import { issueMany, startInstance } from './serving.ts';

/** Milliseconds that a client may have waited when the server is killed once more. */
const longestPending = 15_000;

export const crash: Part = {
  promise: 'A server killed at any moment locks no client out, brings nothing back and gives no token two successors.',
  prove: async (context) => {
    const { folder, isQuick, random, say } = context;
    // Most of a round is a start, which is busy on one core: two databases share the rounds.
    const places = isQuick ? ['one'] : ['one', 'other'];
    const rounds = isQuick ? 15 : 200;
    let kills = 0;
    const onKill = (): void => {
      kills += 1;
      if (kills % 20 === 0) say(`${kills} kills`);
    };
    const all = await Promise.all(
      places.map((place) => {
        mkdirSync(join(folder, place));
        const own = { ...context, folder: join(folder, place), random: seeded(Math.floor(random() * 2 ** 32)) };
        return killAgain(own, rounds / places.length, onKill);
      }),
    );
    for (const { figures } of all) say(JSON.stringify(figures));
    return {
      cases: all.reduce((sum, { cases }) => sum + cases, 0),
      faults: kills,
      violations: all.flatMap(({ violations }) => violations),
    };
  },
};

/** Kills the server of one database so many times under its clients. */
async function killAgain(context: Context, rounds: number, onKill: () => void) {
  const { random, stopAfter } = context;
  const { server, origins, start, end } = await startInstance(context);
  const chains = stopAfter(startChains({ origins, issued: await issueMany(server(), 64), random }));
  // A client that was locked out once need not be so again.
  for (let round = 0; round < rounds && chains.violations.length === 0; round += 1) {
    // Soon after the start as well as at full load, however fast this machine is.
    await granted(chains, Math.floor(random() * random() * 300), random() * 20);
    // A start takes seconds on a busy machine: no client shall retry in vain until its grace period is over.
    while (chains.longestPending() > longestPending) await pause(2);
    // The confirmation of a revocation is the last response before the kill now and then.
    if (round % 5 === 0) await revokeOne(server(), chains, random);
    await end('SIGKILL');
    onKill();
    await start();
  }
  await pause(500);
  return lookBack(chains, server().origin);
}

/** Resolves when so many more refreshes were granted, and a moment later. */
async function granted({ counts }: Chains, refreshes: number, momentMs: number): Promise<void> {
  const goal = counts.refreshes + refreshes;
  const until = performance.now() + 10_000;
  while (counts.refreshes < goal && performance.now() < until) await pause(2);
  await pause(momentMs);
}
