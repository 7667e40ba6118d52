// Sessions moved from SQLite to PostgreSQL and back by `refract copy` while clients refresh.
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { startPostgres } from '../../test/shared/postgres.ts';
import { everyoneContinues, lookBack, pause, revokeOne, startChains, type Chains } from './chains.ts';
import type { Context, Part } from './part.ts';
import { run } from '../../test/shared/programs.ts';
import { issueMany, startProcess, type ServerProcess } from './serving.ts';

const chainCount = 20;
/** Seconds; the README promises them. */
const longestFence = 2;
const masterSecret = 'a master secret that both databases are under';

export const copy: Part = {
  promise: `A copy to the other database holds the servers for ${longestFence} s at most, and every chain continues.`,
  prove: async (context) => {
    const { tree, folder, isQuick, random, stopAfter } = context;
    const sessions = isQuick ? 2_000 : 100_000;
    const postgres = stopAfter(await startPostgres());
    const begin = async (place: Readonly<Record<string, string>>): Promise<ServerProcess> => {
      const environment = { REFRACT_MASTER_SECRET: masterSecret, ...place };
      return stopAfter(await startProcess({ tree, folder, environment }));
    };
    const first = await begin({ REFRACT_DB: join(folder, 'refract.db') });
    addSessions(join(folder, 'refract.db'), sessions);
    const url = await postgres.createDatabase();
    let origins = [first.origin];
    const issued = await issueMany(first, chainCount);
    const chains = stopAfter(startChains({ origins: () => origins, issued, random, rest: 20 }));

    // The second server starts early, and both are asked at random: the one that must not serve has to say so.
    let second: Promise<ServerProcess> | undefined;
    const toPostgres = await move(context, chains, `sqlite:${join(folder, 'refract.db')}`, url, first, () => {
      second ??= begin({ DATABASE_URL: url }).then((early) => {
        origins = [first.origin, early.origin];
        return early;
      });
    });
    if (second === undefined) throw new Error('the copy printed nothing');
    const early = await second;
    await everyoneContinues(chains);
    origins = [early.origin];
    const firstWait = chains.counts.longestWait;

    const toSqlite = await move(context, chains, url, `sqlite:${join(folder, 'back.db')}`, early, () => undefined);
    const third = await begin({ REFRACT_DB: join(folder, 'back.db') });
    origins = [early.origin, third.origin];
    await everyoneContinues(chains);
    const { cases, violations, figures } = await lookBack(chains, third.origin);
    const late = [toPostgres, toSqlite].filter((held) => !(held <= longestFence));
    return {
      cases,
      faults: 2,
      violations: [...violations, ...late.map((held) => `the servers were held for ${held} s`)],
      figures: {
        sessions: sessions + chainCount,
        'seconds held, SQLite to PostgreSQL': toPostgres,
        'seconds held, PostgreSQL to SQLite': toSqlite,
        'longest refresh with a server started early, ms': Math.round(firstWait),
        ...figures,
      },
    };
  },
};

/** Runs the command until it is done, and revokes sessions meanwhile. @returns for how many seconds it held the source */
async function move(
  { tree, folder, random, say }: Context,
  chains: Chains,
  from: string,
  to: string,
  server: ServerProcess,
  onPrinted: () => void,
): Promise<number> {
  const environment = { REFRACT_MASTER_SECRET: masterSecret, REFRACT_DB: join(folder, 'unused.db') };
  for (let attempts = 1; ; attempts += 1) {
    const copying = run({ tree, args: ['copy', '--from', from, '--to', to], environment });
    copying.child.stdout.on('data', onPrinted);
    while (copying.child.exitCode === null && copying.child.signalCode === null) {
      await revokeOne(server, chains, random).catch(() => 0);
      await Promise.race([pause(500), copying.ended]);
    }
    const code = await copying.ended;
    for (const line of copying.printed().split('\n')) if (/^(pass|last pass|postgres|.* is open)/.test(line)) say(line);
    if (code === 0) return Number(/was locked for ([\d.]+) s and is closed now/.exec(copying.printed())?.[1]);
    // It broke off, and says itself whether it can continue.
    const canContinue = copying.complaints().includes('run the same command again to go on');
    if (!canContinue || attempts === 3)
      throw new Error(`refract copy ended with ${String(code)}: ${copying.complaints()}`);
    say(copying.complaints().trim());
  }
}

/** Sessions that no client refreshes, two to a subject; half of them came with a token of another server. */
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
