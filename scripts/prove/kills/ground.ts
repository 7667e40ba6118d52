// What the kills are done to: a database with a server beside it, clients that refresh all the time, and a look at the
// file past all of them.
import Database from 'better-sqlite3';
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ContractName } from '../../../test/shared/refreshing.ts';
import { segment } from '../../../test/shared/tokens.ts';
import { createChains, type Chains } from '../chains.ts';
import { seeded, type Context } from '../part.ts';
import { startProcess, type ServerProcess } from '../serving.ts';

export interface Ground extends Context {
  readonly file: string;
  readonly chains: Chains;
  readonly server: () => ServerProcess;
  /** What commands are told, and the server at its next start. */
  readonly settings: Record<string, string>;
  /** Tokens of orillion whose sessions were seen to be over. */
  readonly over: string[];
  readonly restart: (how: 'SIGKILL' | 'SIGTERM') => Promise<ServerProcess>;
  readonly stop: () => Promise<void>;
}

/** Of the sessions that go on all the time; orillion's are for a key that has leaked. */
const chained: readonly ContractName[] = ['cloudreve', 'fib', 'kirjaswappi', 'xerial'];

export async function prepare(context: Context): Promise<Ground> {
  const { tree, folder, random } = context;
  const file = join(folder, 'refract.db');
  const settings: Record<string, string> = {
    REFRACT_DB: file,
    REFRACT_MASTER_SECRET: 'the first master secret of the kills proof',
    REFRACT_PURGE_INTERVAL: '0',
  };
  const begin = (): Promise<ServerProcess> => startProcess({ tree, folder, environment: settings });
  let server: ServerProcess | undefined = await begin();
  const started = [];
  for (const index of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const contract = chained[index % chained.length] ?? 'xerial';
    started.push({ contract, ...(await server.issue(contract, `subject ${String(index)}`)) });
  }
  await server.admin.POST('/keys/{contract}', {
    params: { path: { contract: 'xerial' } },
    body: { legacyRefreshKey: originalSecret },
  });
  const chains = createChains({
    origins: () => (server === undefined ? [] : [server.origin]),
    chains: started,
    // Of their own, so that what is killed where does not depend on how often they have asked.
    random: seeded(Math.floor(random() * 2 ** 32)),
    rest: 250,
  });
  let isOver = false;
  const running = chains.run(() => isOver);
  const end = async (how: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = server;
    server = undefined;
    await (how === 'SIGTERM' ? ending?.stop() : ending?.kill('SIGKILL'));
  };
  return {
    ...context,
    ...{ file, chains, settings, over: [] },
    server: () => {
      if (server === undefined) throw new Error('the server is down');
      return server;
    },
    restart: async (how) => {
      await end(how);
      server = await begin();
      return server;
    },
    stop: async () => {
      isOver = true;
      await running;
      await end('SIGTERM');
      chains.close();
    },
  };
}

/** Looks at a file, or changes it, past everybody; waits while others write. */
export function within<Result>(file: string, use: (database: Database.Database) => Result): Result {
  const database = new Database(file, { timeout: 10_000 });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** The one number that a query comes to. */
export function countIn(file: string, what: string): number {
  return within(file, (database) => Number(database.prepare(`SELECT count(*) FROM ${what}`).pluck().get()));
}

/** A copy of the database as it is, which nobody else has open. */
export function copyOf(file: string, copy: string): void {
  within(file, (database) => database.prepare('VACUUM INTO ?').run(copy));
}

/** What SQLite finds wrong. */
export function damageIn(file: string): readonly string[] {
  const found = within(file, (database) => database.pragma('integrity_check', { simple: true }));
  return found === 'ok' ? [] : [`integrity_check says ${String(found)}`];
}

/** What the server that was left signed with. */
const originalSecret = randomUUID() + randomUUID();

/** A session of another server, and its subject. */
interface Left {
  readonly rows: readonly [subject: object, session: object];
  readonly token: string;
}

/** @param name what the ids of their subjects begin with */
export function leftBehind(name: string, count: number): readonly Left[] {
  const now = Math.floor(Date.now() / 1000);
  return Array.from({ length: count }, (_, index) => {
    const id = `${name}-${String(index)}`;
    const claims = { sub: id, iat: now - 500, exp: now + 86_400 };
    const input = `${segment({ alg: 'HS256', typ: 'JWT' })}.${segment(claims)}`;
    const token = `${input}.${createHmac('sha256', originalSecret).update(input).digest('base64url')}`;
    const session = { kind: 'session', contract: 'xerial', subjectId: id, refreshToken: token };
    return { rows: [{ kind: 'subject', id, email: `${id}@mail.com` }, session], token };
  });
}

/** As lines, each subject before its session. */
export function linesOf(left: readonly Left[]): string {
  return left.flatMap(({ rows }) => rows.map((row) => `${JSON.stringify(row)}\n`)).join('');
}

/** Sessions that ended long ago, half of them imported. */
export function addEnded(file: string, count: number): void {
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${String(count)})`;
  within(file, (database) =>
    database.exec(
      `BEGIN IMMEDIATE;
       ${numbers} INSERT INTO session SELECT 'ended ' || hex(randomblob(12)), 'xerial', 'single-use', 'nobody', 'none', 0,
         1, 'none', 1, 2, NULL, NULL, NULL FROM numbers;
       INSERT OR IGNORE INTO imported_token SELECT contract, id, id, 1, 2 FROM session WHERE id LIKE 'ended %' AND id < 'ended 8';
       COMMIT`,
    ),
  );
}
