// Sessions moved from SQLite to PostgreSQL and back by `refract copy` while clients refresh.
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { startPostgres } from '../../test/shared/postgres.ts';
import { issueSessions, startServerProcess, type ServerProcess } from '../../test/shared/server-process.ts';
import { checkChains, everyoneContinues, pause, revokeOne, startChains, type Chains } from './chains.ts';
import type { Context, Part } from './part.ts';
import { startScript } from '../../test/shared/programs.ts';

const chainCount = 20;
/** The README promises it. */
const longestFenceSeconds = 2;
const masterSecret = 'the master secret of both databases';

export const copy: Part = {
  promise: `A copy to the other database blocks the servers for ${longestFenceSeconds} s at most, and every client continues.`,
  prove: async (context) => {
    const { tree, folder, isQuick, expect, stopAtEnd } = context;
    const sessions = isQuick ? 2_000 : 100_000;
    const postgres = stopAtEnd(await startPostgres());
    const start = async (database: Readonly<Record<string, string>>): Promise<ServerProcess> => {
      const environment = { REFRACT_MASTER_SECRET: masterSecret, ...database };
      return stopAtEnd(await startServerProcess({ tree, folder, environment }));
    };
    const first = await start({ REFRACT_DB: join(folder, 'refract.db') });
    addSessions(join(folder, 'refract.db'), sessions);
    const url = await postgres.createDatabase();
    let origins = [first.origin];
    const issued = await issueSessions(first, chainCount);
    const chains = startChains(context, { origins: () => origins, issued, restMs: 20 });

    // The second server starts early, and clients choose at random: the one that must not serve has to respond so.
    let second: Promise<ServerProcess> | undefined;
    const toPostgres = await move(context, chains, `sqlite:${join(folder, 'refract.db')}`, url, first, () => {
      second ??= start({ DATABASE_URL: url }).then((early) => {
        origins = [first.origin, early.origin];
        return early;
      });
    });
    if (second === undefined) throw new Error('the copy printed nothing');
    const early = await second;
    await everyoneContinues(chains);
    origins = [early.origin];
    const { longestWaitMs } = chains.counts;

    const toSqlite = await move(context, chains, url, `sqlite:${join(folder, 'back.db')}`, early, () => undefined);
    const third = await start({ REFRACT_DB: join(folder, 'back.db') });
    origins = [early.origin, third.origin];
    await everyoneContinues(chains);
    const { cases, figures } = await checkChains(chains, third.origin);
    for (const seconds of [toPostgres, toSqlite]) {
      expect(seconds <= longestFenceSeconds, `the servers were blocked for ${seconds} s`);
    }
    return {
      cases,
      faults: 2,
      figures: {
        sessions: sessions + chainCount,
        'seconds blocked, SQLite to PostgreSQL': toPostgres,
        'seconds blocked, PostgreSQL to SQLite': toSqlite,
        'longest refresh with a server started early, ms': Math.round(longestWaitMs),
        ...figures,
      },
    };
  },
};

/** Runs the command to its end and revokes sessions meanwhile. @returns the seconds for which it blocked the source */
async function move(
  { tree, folder, random, print }: Context,
  chains: Chains,
  from: string,
  to: string,
  server: ServerProcess,
  onPrinted: () => void,
): Promise<number> {
  const environment = { REFRACT_MASTER_SECRET: masterSecret, REFRACT_DB: join(folder, 'unused.db') };
  for (let attempts = 1; ; attempts += 1) {
    const copying = startScript({ tree, args: ['copy', '--from', from, '--to', to], environment });
    copying.child.stdout.on('data', onPrinted);
    while (copying.child.exitCode === null && copying.child.signalCode === null) {
      await revokeOne(server, chains, random).catch(() => 0);
      await Promise.race([pause(500), copying.ended]);
    }
    const code = await copying.ended;
    for (const line of copying.printed().split('\n'))
      if (/^(pass|last pass|postgres|.* is open)/.test(line)) print(line);
    if (code === 0) return Number(/was \w+ for ([\d.]+) s and is/.exec(copying.printed())?.[1]);
    // The command reports whether it can continue.
    const canContinue = /same command again/i.test(copying.errors());
    if (!canContinue || attempts === 3) throw new Error(`refract copy ended with ${String(code)}: ${copying.errors()}`);
    print(copying.errors().trim());
  }
}

/** Adds sessions that no client refreshes, two for each subject, half of them imported. */
function addSessions(file: string, count: number): void {
  const database = new Database(file, { timeout: 10_000 });
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`;
  database.exec(
    `BEGIN IMMEDIATE;
     ${numbers} INSERT INTO subject SELECT 'many ' || n, lower(hex(randomblob(16))), 'many' || n || '@mail.com', NULL, 'ROLE_USER', NULL, NULL
       FROM numbers WHERE n % 2 = 0;
     INSERT INTO session SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(12))), 'xerial', 'single-use', id,
       credential_version, abs(random()) % 1000, unixepoch(), 'many', unixepoch(), unixepoch() + 7776000, NULL, NULL, NULL
       FROM subject, (SELECT 1 UNION ALL SELECT 2) WHERE id LIKE 'many %';
     INSERT INTO imported_token SELECT contract, hex(randomblob(32)), id, created_at, expires_at FROM session WHERE id < '8';
     COMMIT`,
  );
  database.close();
}
