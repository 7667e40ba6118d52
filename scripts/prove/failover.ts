// Servers whose clocks go wrong, over one PostgreSQL that is restarted, cut off and at last replaced by a standby that
// missed the last commits, while clients refresh: nobody is locked out, and what was ended stays so.
import {
  createDatabaseOn,
  queryOnce,
  startEmbedded,
  startStandby,
  type EmbeddedServer,
} from '../../test/shared/postgres.ts';
import { at } from '../../test/shared/at.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import { createChains, pause, type Chains } from './chains.ts';
import { doubleSuccessors, presentOldTokens, revokeOne } from './crash.ts';
import { issueMany, startInstance, type Instance } from './instances.ts';
import { pick, type Context, type Part, type Shown } from './part.ts';

export const failover: Part = {
  promise:
    'Whatever befalls PostgreSQL or the way to it, up to a failover that loses commits, locks nobody out and brings nothing back.',
  prove: async (context) => {
    const primary = await startEmbedded();
    const begun: { stop: () => Promise<void> }[] = [primary];
    try {
      const standby = await startStandby(primary);
      begun.push(standby);
      return await withServers(context, primary, standby, begun);
    } finally {
      for (const { stop } of begun.reverse()) await stop();
    }
  },
};

/** Milliseconds between two refreshes of a client: never within one second, by which a lost commit is known. */
const rest = 2_600;

async function withServers(
  { tree, folder, isQuick, random, say }: Context,
  primary: EmbeddedServer,
  standby: EmbeddedServer,
  begun: { stop: () => Promise<void> }[],
): Promise<Shown> {
  const database = await createDatabaseOn(primary.url);
  const instances: Instance[] = [];
  for (const ahead of isQuick ? [30, -30] : [30, 0, -30]) {
    const instance = await startInstance({ database, folder, tree, ahead });
    begun.push(instance);
    instances.push(instance);
  }
  const [first] = living(instances);
  if (first === undefined) throw new Error('no server is up');
  const issued = await issueMany(first, isQuick ? 60 : 500);
  const origins = (): readonly string[] => living(instances).map(({ origin }) => origin);
  const chains = createChains({ origins, chains: issued, random, rest });
  let isOver = false;
  begun.push({
    stop: () => {
      isOver = true;
      return Promise.resolve(chains.close());
    },
  });
  const running = chains.run(() => isOver);

  let faults = 0;
  let revoked = 0;
  for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
    for (const [what, fault] of faultsOf(primary, database)) {
      // Whoever was locked out once need not be so again.
      if (chains.violations.length > 0) break;
      await fault(pick(instances, random));
      faults += 1;
      revoked += await revokeOne(pick(living(instances), random), chains.all, random);
      await pause(500 + random() * 1_000);
      const { refreshes, lost, unavailable } = chains.figures();
      say(`${what}: ${String(refreshes)} refreshes, ${String(lost)} answers lost, ${String(unavailable)} told to wait`);
    }
  }

  const lost = await failOver({ primary, standby, database, instances, chains });
  say(`failover: ${String(lost.refreshes)} refreshes lost, ${String(lost.chains)} clients ahead of the store`);
  await everyoneOnce(chains);
  isOver = true;
  await running;

  const [serving] = living(instances);
  const presented = serving === undefined ? 0 : await presentOldTokens(chains, serving.origin);
  const told = await queryOnce(
    databaseOn(standby, database),
    "SELECT 1 FROM refract.audit_event WHERE type = 'store_behind'",
  );
  const { refreshes, lost: answersLost, unavailable, longestWait } = chains.figures();
  return {
    cases: refreshes + presented,
    faults: faults + 1,
    violations: [
      ...chains.violations,
      ...doubleSuccessors(chains.all),
      ...(told.length === lost.chains
        ? []
        : [
            `${String(lost.chains)} clients were ahead of the store, and ${String(told.length)} store_behind were told`,
          ]),
      ...living(instances).flatMap(({ pid }) => (isRunning(pid) ? [] : [`a server ended by itself`])),
    ],
    figures: {
      servers: instances.length,
      chains: chains.all.length,
      refreshes,
      'answers lost': answersLost,
      'told to wait (503)': unavailable,
      'longest wait of a client': `${(longestWait / 1000).toFixed(1)} s`,
      'sessions revoked': revoked,
      'refreshes lost by the failover': lost.refreshes,
      'store_behind events': told.length,
      'old tokens presented': presented,
    },
  };
}

function living(instances: readonly Instance[]) {
  return instances.flatMap(({ server }) => server() ?? []);
}

type Fault = (instance: Instance) => Promise<void>;

function faultsOf(primary: EmbeddedServer, database: string): readonly (readonly [string, Fault])[] {
  return [
    [
      'a server killed',
      async ({ end, start }) => {
        await end('kill');
        await start();
      },
    ],
    [
      'PostgreSQL restarted',
      async () => {
        await primary.end('SIGINT');
        await primary.start();
      },
    ],
    [
      'all connections ended',
      async () => {
        await queryOnce(
          database,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'refract'",
        );
      },
    ],
    [
      'PostgreSQL ended at once, and recovered',
      async () => {
        await primary.end('SIGQUIT');
        await primary.start();
      },
    ],
    [
      'the network silent for one server',
      async ({ proxy }) => {
        proxy.beSilent(true);
        await pause(4_000);
        proxy.beSilent(false);
      },
    ],
  ];
}

interface FailOver {
  readonly primary: EmbeddedServer;
  readonly standby: EmbeddedServer;
  readonly database: string;
  readonly instances: readonly Instance[];
  readonly chains: Chains;
}

/** @returns what was lost: refreshes, and clients whose last token the store does not know */
async function failOver({ primary, standby, database, instances, chains }: FailOver) {
  await caughtUp(database, standby);
  await queryOnce(standby.url, "ALTER SYSTEM SET primary_conninfo = ''");
  await queryOnce(standby.url, 'SELECT pg_reload_conf()');
  await until(standby.url, 'SELECT count(*) = 0 AS is FROM pg_stat_wal_receiver');
  const before = chains.figures().refreshes;
  // Long enough for most clients to go on by a generation.
  await pause(rest);
  await primary.end('SIGKILL');
  await queryOnce(standby.url, 'SELECT pg_promote()');
  // Nobody can be granted anything now: until what was answered before the end is on its way no more.
  for (let seen = -1; seen !== chains.figures().refreshes; await pause(1_000)) seen = chains.figures().refreshes;
  const refreshes = chains.figures().refreshes - before;
  const rows = await queryOnce(databaseOn(standby, database), 'SELECT id, generation::int FROM refract.session');
  const stored = new Map(rows.map((row) => [at(row, 'id'), Number(at(row, 'generation'))]));
  const ahead = chains.all.filter(({ sessionId, tokens, isEnding }) => {
    const generation = claimsOf(tokens.at(-1) ?? '')['gen'];
    return !isEnding && typeof generation === 'number' && generation > (stored.get(sessionId) ?? 0);
  });
  for (const { proxy } of instances) proxy.leadTo(standby.port);
  return { refreshes, chains: ahead.length };
}

/** Until the standby has everything that is committed now. */
async function caughtUp(database: string, standby: EmbeddedServer): Promise<void> {
  const [row] = await queryOnce(database, 'SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await until(standby.url, `SELECT pg_last_wal_replay_lsn() >= '${String(at(row, 'lsn'))}'::pg_lsn AS is`);
}

async function until(url: string, question: string): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    const [row] = await queryOnce(url, question);
    if (at(row, 'is') === true) return;
    if (performance.now() > end) throw new Error(`it never came true: ${question}`);
    await pause(50);
  }
}

/** Until every client that may go on was granted once more. */
async function everyoneOnce({ all, violations }: Chains): Promise<void> {
  const before = new Map(all.map((chain) => [chain, chain.refreshes]));
  const end = performance.now() + 90_000;
  while (violations.length === 0 && all.some((chain) => !chain.isEnding && chain.refreshes === before.get(chain))) {
    if (performance.now() > end) throw new Error('not every client was granted once more after the failover');
    await pause(50);
  }
}

function databaseOn({ url }: EmbeddedServer, database: string): string {
  return Object.assign(new URL(url), { pathname: new URL(database).pathname }).href;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
