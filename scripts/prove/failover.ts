// Servers with wrong clocks over one PostgreSQL that is restarted, disconnected and finally replaced by a standby without
// its last commits, while clients refresh.
import {
  createDatabaseOn,
  isRunning,
  queryOnce,
  startEmbedded,
  startStandby,
  type EmbeddedServer,
} from '../../test/shared/postgres.ts';
import { at } from '../../test/shared/at.ts';
import { pick } from '../../test/shared/random.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import { issueSessions } from '../../test/shared/server-process.ts';
import { waitUntil } from '../../test/shared/wait.ts';
import { checkChains, everyoneContinues, pause, revokeOne, startChains, type Chains } from './chains.ts';
import { startBehindProxy } from './instance.ts';
import type { Part } from './part.ts';

type Instance = Awaited<ReturnType<typeof startBehindProxy>>;

/** A client never refreshes twice within one second, by which a lost commit is detected. */
const restMs = 2_600;

export const failover: Part = {
  promise: 'No outage of PostgreSQL locks a client out or restores a session, nor does a failover that loses commits.',
  prove: async (context) => {
    const { isQuick, random, print, expect, violations, stopAtEnd } = context;
    const primary = stopAtEnd(await startEmbedded());
    const standby = stopAtEnd(await startStandby(primary));
    const database = await createDatabaseOn(primary.url);
    const instances: Instance[] = [];
    for (const ahead of isQuick ? [30, -30] : [30, 0, -30]) {
      instances.push(await startBehindProxy(context, database, ahead));
    }
    const origins = (): readonly string[] => instances.flatMap((one) => one.origins());
    const issued = await issueSessions(pick(instances, random).server(), isQuick ? 60 : 500);
    const chains = startChains(context, { origins, issued, restMs });
    let faults = 0;
    for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
      for (const [what, fault] of faultsOf(primary, database)) {
        // One locked-out client is enough.
        if (violations.length > 0) break;
        await fault(pick(instances, random));
        faults += 1;
        await revokeOne(pick(instances, random).server(), chains, random);
        await pause(500 + random() * 1_000);
        const { refreshes, lost, unavailable } = chains.counts;
        print(`${what}: ${refreshes} refreshes, ${lost} responses lost, ${unavailable} of 503`);
      }
    }
    const lost = await failOver({ primary, standby, database, instances, chains });
    print(`failover: ${lost.refreshes} refreshes lost, ${lost.chains} clients ahead of the store`);
    await everyoneContinues(chains);

    const { cases, figures } = await checkChains(chains, ...origins());
    const reported = await queryOnce(
      databaseOn(standby, database),
      "SELECT 1 FROM refract.audit_event WHERE type = 'store_behind'",
    );
    const isReported = reported.length === lost.chains;
    expect(isReported, `${lost.chains} clients were ahead of the store, and ${reported.length} reported`);
    for (const { server } of instances) expect(isRunning(server().pid), 'a server ended without being stopped');
    return {
      ...{ cases, faults: faults + 1 },
      figures: { servers: instances.length, 'refreshes lost by the failover': lost.refreshes, ...figures },
    };
  },
};

type Fault = (instance: Instance) => Promise<unknown>;

function faultsOf(primary: EmbeddedServer, database: string): readonly (readonly [string, Fault])[] {
  const terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'refract'";
  return [
    ['a server killed', ({ end, start }) => end('SIGKILL').then(() => start())],
    ['PostgreSQL restarted', () => primary.end('SIGINT').then(primary.start)],
    ['all connections ended', () => queryOnce(database, terminate)],
    ['PostgreSQL ended at once, and recovered', () => primary.end('SIGQUIT').then(primary.start)],
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

/** @returns the number of lost refreshes, and of clients with a token that the store does not know */
async function failOver({ primary, standby, database, instances, chains }: FailOver) {
  // The standby receives all commits up to now and none after.
  const [row] = await queryOnce(database, 'SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await untilTrue(standby.url, `SELECT pg_last_wal_replay_lsn() >= '${String(at(row, 'lsn'))}'::pg_lsn AS is`);
  await queryOnce(standby.url, "ALTER SYSTEM SET primary_conninfo = ''");
  await queryOnce(standby.url, 'SELECT pg_reload_conf()');
  await untilTrue(standby.url, 'SELECT count(*) = 0 AS is FROM pg_stat_wal_receiver');
  const before = chains.counts.refreshes;
  // Long enough for most clients to continue by a generation.
  await pause(restMs);
  await primary.end('SIGKILL');
  await queryOnce(standby.url, 'SELECT pg_promote()');
  // Nothing can be granted now: wait for the last responses.
  for (let seen = -1; seen !== chains.counts.refreshes; await pause(1_000)) seen = chains.counts.refreshes;
  const refreshes = chains.counts.refreshes - before;
  const rows = await queryOnce(databaseOn(standby, database), 'SELECT id, generation::int FROM refract.session');
  const stored = new Map(rows.map((one) => [at(one, 'id'), Number(at(one, 'generation'))]));
  const ahead = chains.all.filter(({ sessionId, tokens, isEnding }) => {
    const generation = claimsOf(tokens.at(-1) ?? '')['gen'];
    return !isEnding && typeof generation === 'number' && generation > (stored.get(sessionId) ?? 0);
  });
  for (const { proxy } of instances) proxy.leadTo(standby.port);
  return { refreshes, chains: ahead.length };
}

function untilTrue(url: string, question: string): Promise<void> {
  return waitUntil(question, 30, async () => at((await queryOnce(url, question))[0], 'is') === true);
}

function databaseOn({ url }: EmbeddedServer, database: string): string {
  return Object.assign(new URL(url), { pathname: new URL(database).pathname }).href;
}
