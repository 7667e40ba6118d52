// Servers that are killed with SIGKILL at random moments while clients refresh.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../test/shared/random.ts';
import { issueSessions } from '../../test/shared/server-process.ts';
import { comesTrue } from '../../test/shared/wait.ts';
import { checkChains, pause, revokeOne, startChains } from './chains.ts';
import { startInstance } from './instance.ts';
import type { Context, Part } from './part.ts';

/** How long a client may have waited when the server is killed again. */
const longestPendingMs = 15_000;

export const crash: Part = {
  promise: 'A server killed at any moment locks no client out, restores no session and gives no token two successors.',
  prove: async (context) => {
    const { folder, isQuick, random, print } = context;
    // Most of a round is a start, which uses one core: two databases share the rounds.
    const names = isQuick ? ['one'] : ['one', 'other'];
    const rounds = isQuick ? 15 : 200;
    let kills = 0;
    const onKill = (): void => {
      kills += 1;
      if (kills % 20 === 0) print(`${kills} kills`);
    };
    const proofs = names.map((name) => {
      mkdirSync(join(folder, name));
      const own = { ...context, folder: join(folder, name), random: seeded(Math.floor(random() * 2 ** 32)) };
      return killRepeatedly(own, rounds / names.length, onKill);
    });
    let cases = 0;
    for (const proof of await Promise.all(proofs)) {
      print(JSON.stringify(proof.figures));
      cases += proof.cases;
    }
    return { cases, faults: kills };
  },
};

/** Kills the server of one database under its clients. */
async function killRepeatedly(context: Context, rounds: number, onKill: () => void) {
  const { random, violations } = context;
  const { server, origins, start, end } = await startInstance(context);
  const chains = startChains(context, { origins, issued: await issueSessions(server(), 64) });
  // One locked-out client is enough.
  for (let round = 0; round < rounds && violations.length === 0; round += 1) {
    // Soon after the start as well as at full load, however fast this machine is.
    const goal = chains.counts.refreshes + Math.floor(random() * random() * 300);
    await comesTrue(10, () => chains.counts.refreshes >= goal, 2);
    await pause(random() * 20);
    // A start takes seconds on a busy machine: no client retries until after its grace period.
    while (chains.longestPendingMs() > longestPendingMs) await pause(2);
    // Sometimes the confirmation of a revocation is the last response before the kill.
    if (round % 5 === 0) await revokeOne(server(), chains, random);
    await end('SIGKILL');
    onKill();
    await start();
  }
  await pause(500);
  return checkChains(chains, server().origin);
}
