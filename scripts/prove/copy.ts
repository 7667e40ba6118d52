// Sessions moved from SQLite to PostgreSQL and back by `refract copy` while clients refresh: every chain goes on, what
// was ended stays ended, and the servers are held no longer than promised.
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { contracts } from '../../test/shared/refreshing.ts';
import { startPostgres } from '../../test/shared/postgres.ts';
import { createChains, pause, type Chains } from './chains.ts';
import { doubleSuccessors, presentOldTokens, revokeOne } from './crash.ts';
import type { Context, Part } from './part.ts';
import { startProcess, type ServerProcess } from './serving.ts';

const chainCount = 20;
/** Seconds; what the README promises. */
const longestFence = 2;

export const copy: Part = {
  promise: `A copy to the other database, in either direction, holds the servers for ${String(longestFence)} s at most, and every chain goes on.`,
  prove: async (context) => {
    const { tree, folder, isQuick, random } = context;
    const sessions = isQuick ? 2_000 : 100_000;
    const masterSecret = 'a master secret that both databases are under';
    const serving = { tree, folder };
    const onFile = (name: string) => ({
      ...serving,
      environment: { REFRACT_MASTER_SECRET: masterSecret, REFRACT_DB: join(folder, name) },
    });
    const postgres = await startPostgres();
    const servers: ServerProcess[] = [];
    const started = async (options: Parameters<typeof startProcess>[0]): Promise<ServerProcess> => {
      const server = await startProcess(options);
      servers.push(server);
      return server;
    };
    let isOver = false;
    let running = Promise.resolve();
    try {
      const first = await started(onFile('refract.db'));
      addSessions(join(folder, 'refract.db'), sessions);
      const begun = [];
      for (let index = 0; index < chainCount; index += 1) {
        const contract = contracts[index % contracts.length] ?? 'xerial';
        begun.push({ contract, ...(await first.issue(contract, `subject ${String(index)}`)) });
      }
      const url = await postgres.createDatabase();
      // Both ends are asked at random as long as both are there: whoever must not answer has to say so.
      let origins = [first.origin];
      const chains = createChains({ origins: () => origins, chains: begun, random, rest: 20 });
      running = chains.run(() => isOver);
      const moving = { ...context, masterSecret, chains };

      const toPostgres = await move(moving, `sqlite:${join(folder, 'refract.db')}`, url, first, async () => {
        const early = await started({
          ...serving,
          environment: { REFRACT_MASTER_SECRET: masterSecret, DATABASE_URL: url },
        });
        origins = [first.origin, early.origin];
        return early;
      });
      const [second] = servers.slice(-1);
      if (second === undefined) throw new Error('no server was started');
      const stuck = [...(await goOn(chains))];
      origins = [second.origin];
      const firstWait = chains.figures().longestWait;

      const toSqlite = await move(moving, url, `sqlite:${join(folder, 'back.db')}`, second);
      const third = await started(onFile('back.db'));
      origins = [second.origin, third.origin];
      stuck.push(...(await goOn(chains)));
      isOver = true;
      await running;
      const presented = await presentOldTokens(chains, third.origin);
      chains.close();
      const { refreshes, unavailable } = chains.figures();
      const late = [toPostgres, toSqlite].filter(({ held }) => !(held <= longestFence));
      return {
        cases: refreshes + presented,
        faults: 2,
        violations: [
          ...chains.violations,
          ...doubleSuccessors(chains.all),
          ...stuck,
          ...late.map(({ held }) => `the servers were held for ${String(held)} s`),
        ],
        figures: {
          sessions: sessions + chainCount,
          'seconds held, SQLite to PostgreSQL': toPostgres.held,
          'seconds held, PostgreSQL to SQLite': toSqlite.held,
          'answers of 503': unavailable,
          'longest refresh with a server started early, ms': Math.round(firstWait),
          'longest refresh without, ms': Math.round(chains.figures().longestWait),
          'sessions revoked meanwhile': chains.all.filter(({ revoked }) => revoked).length,
        },
      };
    } finally {
      isOver = true;
      await running;
      for (const server of servers) await server.stop();
      await postgres.stop();
    }
  },
};

interface Moving extends Context {
  readonly masterSecret: string;
  readonly chains: Chains;
}

/** Runs the command until it is done, as it says itself where it broke off. @returns how many seconds the source was held */
async function move(
  moving: Moving,
  from: string,
  to: string,
  server: ServerProcess,
  onArriving?: () => Promise<unknown>,
): Promise<{ readonly held: number }> {
  let arriving: Promise<unknown> | undefined;
  const arrive = (): void => {
    arriving ??= onArriving?.();
  };
  for (let tries = 1; ; tries += 1) {
    const { code, printed, complaints } = await runCopy(moving, from, to, server, arrive);
    await arriving;
    if (code === 0) return { held: Number(/was held for ([\d.]+) s and is shut now/.exec(printed)?.[1]) };
    const isToGoOn = complaints.includes('run the same command again to go on');
    if (!isToGoOn || tries === 3) throw new Error(`refract copy ended with ${String(code)}: ${complaints}`);
    moving.say(complaints.trim());
  }
}

/** Once, and revokes meanwhile. */
async function runCopy(
  { tree, folder, masterSecret, chains, random, say }: Moving,
  from: string,
  to: string,
  server: ServerProcess,
  onArriving: () => void,
) {
  const child = spawn(process.execPath, [join(tree, 'src', 'main.ts'), 'copy', '--from', from, '--to', to], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], REFRACT_MASTER_SECRET: masterSecret, REFRACT_DB: join(folder, 'unused.db') },
  });
  let [printed, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    onArriving();
    printed += text;
    for (const line of text.split('\n')) if (/^(pass|last pass|postgres|.* is open)/.test(line)) say(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  let code: number | null | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('close', (status) => {
      code = status;
      resolve();
    });
  });
  while (code === undefined) {
    await revokeOne(server, chains.all, random).catch(() => 0);
    await Promise.race([pause(500), ended]);
  }
  return { code, printed, complaints };
}

/** Until every chain that lives was refreshed again. @returns a sentence for each that was not */
async function goOn({ all }: Chains): Promise<readonly string[]> {
  const before = new Map(all.map((chain) => [chain, chain.refreshes]));
  const stuck = () => all.filter((chain) => !chain.revoked && chain.refreshes === before.get(chain));
  const until = performance.now() + 60_000;
  while (stuck().length > 0 && performance.now() < until) await pause(10);
  return stuck().map(({ contract, sessionId }) => `${contract} ${sessionId}: does not go on after the copy`);
}

/** Sessions of nobody who refreshes, two to a subject; half of them came with a token of another server. */
function addSessions(file: string, count: number): void {
  const database = new Database(file, { timeout: 10_000 });
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${String(count)})`;
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
