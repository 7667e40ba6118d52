// Servers that are killed with SIGKILL at random moments while clients refresh: nobody is locked out, nothing that was
// ended comes back, and no token ever has two successors.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { contracts } from '../../test/shared/refreshing.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import { createChains, pause, type Chain, type Chains } from './chains.ts';
import { pick, seeded, type Context, type Part } from './part.ts';
import { startProcess, type ServerProcess } from './serving.ts';

/** Milliseconds that a client may have been asking when the server is killed once more. */
const longestAsking = 15_000;

/** Under each server that is killed. */
const chainCount = 64;

export const crash: Part = {
  promise:
    'Whoever kills the server at any moment locks nobody out, brings nothing back and gives no token two successors.',
  prove: async (context) => {
    const { folder, isQuick, random, say } = context;
    // Most of a round is a start, which is busy on one core: the whole goes on in two places at the same time.
    const places = isQuick ? ['one'] : ['one', 'other'];
    const rounds = isQuick ? 15 : 200;
    let kills = 0;
    const onKill = (): void => {
      kills += 1;
      if (kills % 20 === 0) say(`${String(kills)} kills`);
    };
    const all = await Promise.all(
      places.map((place) => {
        const own = join(folder, place);
        mkdirSync(own);
        const choices = seeded(Math.floor(random() * 2 ** 32));
        return killed({ ...context, folder: own, random: choices }, rounds / places.length, onKill);
      }),
    );
    const sum = (of: (one: Killed) => number): number => all.reduce((before, one) => before + of(one), 0);
    return {
      cases: sum(({ refreshes, presented }) => refreshes + presented),
      faults: kills,
      violations: all.flatMap(({ violations }) => violations),
      figures: {
        'chains under each kill': chainCount,
        'answers lost': sum(({ lost }) => lost),
        'heard after the grace period': sum(({ late }) => late),
        'sessions revoked': sum(({ revoked }) => revoked),
        'old tokens presented': sum(({ presented }) => presented),
      },
    };
  },
};

interface Killed {
  readonly refreshes: number;
  readonly lost: number;
  readonly late: number;
  readonly revoked: number;
  readonly presented: number;
  readonly violations: readonly string[];
}

/** One database and its clients, whose server is killed so many times. */
async function killed(context: Context, rounds: number, onKill: () => void): Promise<Killed> {
  const { random } = context;
  // One after the other on the same database, with one thread for http or with several.
  const begin = (): Promise<ServerProcess> =>
    startProcess({ ...context, environment: { REFRACT_WORKERS: pick(['1', '1', '2', '3'], random) } });
  let server: ServerProcess | undefined = await begin();
  const started = [];
  for (let index = 0; index < chainCount; index += 1) {
    const contract = contracts[index % contracts.length] ?? 'xerial';
    started.push({ contract, ...(await server.issue(contract, `subject ${String(index)}`)) });
  }
  const chains = createChains({
    origins: () => (server === undefined ? [] : [server.origin]),
    chains: started,
    random,
  });
  let isOver = false;
  const running = chains.run(() => isOver);
  let revoked = 0;
  // Whoever was locked out once need not be so again.
  for (let round = 0; round < rounds && chains.violations.length === 0; round += 1) {
    // Soon after it is up as well as in full swing, however fast this machine is.
    await answered(chains, Math.floor(random() * random() * 300), random() * 20);
    // On a busy machine a start takes seconds: nobody who lost an answer shall ask in vain until the grace period is over.
    while (chains.asking() > longestAsking) await pause(2);
    // Now and then one is revoked just before, and the word of it is the last that the server gives.
    if (round % 5 === 0) revoked += await revokeOne(server, chains.all, random);
    const ending: ServerProcess = server;
    server = undefined;
    await ending.kill('SIGKILL');
    onKill();
    server = await begin();
  }
  // All that are left get one more answer.
  await pause(500);
  isOver = true;
  await running;
  const presented = await presentOldTokens(chains, server.origin);
  await server.stop();
  chains.close();
  const { refreshes, lost, late } = chains.figures();
  const violations = [...chains.violations, ...doubleSuccessors(chains.all)];
  return { refreshes, lost, late, revoked, presented, violations };
}

/** Until so many more refreshes were granted, and a moment longer. */
async function answered(chains: Chains, refreshes: number, moment: number): Promise<void> {
  const goal = chains.figures().refreshes + refreshes;
  const until = performance.now() + 10_000;
  while (chains.figures().refreshes < goal && performance.now() < until) await pause(2);
  await pause(moment);
}

/** Ends one, and notes it once that was confirmed. @returns how many that were */
export async function revokeOne(server: ServerProcess, all: readonly Chain[], random: () => number): Promise<number> {
  const living = all.filter(({ isEnding }) => !isEnding);
  if (living.length < all.length / 2) return 0;
  const chain = pick(living, random);
  chain.isEnding = true;
  // Whoever is told that it cannot be done now asks again; it may have been done all the same.
  for (let attempts = 0; attempts < 10; attempts += 1) {
    const { response } = await server.admin.DELETE('/sessions/{sessionId}', {
      params: { path: { sessionId: chain.sessionId } },
    });
    if (response.ok) {
      chain.revoked = true;
      return 1;
    }
    await pause(500);
  }
  return 0;
}

/** What was ended stays ended, and what was superseded long ago is refused. @returns how many were presented */
export async function presentOldTokens({ all, send, violations }: Chains, origin: string): Promise<number> {
  let presented = 0;
  for (const { contract, sessionId, tokens, revoked } of all) {
    const isSingleUse = contract !== 'cloudreve' && contract !== 'kirjaswappi';
    // Two generations behind is reuse at any time, under a policy that knows it.
    const old = revoked ? tokens.slice(-2) : isSingleUse && tokens.length > 3 ? [tokens[tokens.length - 4] ?? ''] : [];
    for (const token of old) {
      const answer = await send(origin, contract, token);
      presented += 1;
      const isRefused =
        answer !== undefined && [401, 200].includes(answer.status) && !answer.body.includes('oken":"ey');
      if (!isRefused) violations.push(`${contract} ${sessionId}: an ended or superseded token was not refused`);
    }
  }
  return presented;
}

/** Every chain is one line: no two of its tokens are of one generation. */
export function doubleSuccessors(all: readonly Chain[]): readonly string[] {
  return all.flatMap(({ contract, sessionId, tokens }) => {
    const byGeneration = new Map<unknown, string>();
    return tokens.flatMap((token) => {
      const { gen } = claimsOf(token);
      const other = byGeneration.get(gen);
      byGeneration.set(gen, token);
      return other === undefined || other === token
        ? []
        : [`${contract} ${sessionId}: two tokens of generation ${String(gen)}`];
    });
  });
}
