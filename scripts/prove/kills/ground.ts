// What the kills are done to: a database with a server beside it, clients that refresh all the time, and looks at the
// file past all of them.
import Database from 'better-sqlite3';
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { seeded } from '../../../test/shared/random.ts';
import { segment } from '../../../test/shared/tokens.ts';
import { startChains } from '../chains.ts';
import type { Context } from '../part.ts';
import { run } from '../../../test/shared/programs.ts';
import { issueMany, startInstance } from '../serving.ts';

export type Ground = Awaited<ReturnType<typeof prepare>>;

export async function prepare(context: Context) {
  const { folder, random, stopAfter } = context;
  const file = join(folder, 'refract.db');
  /** The environment of commands, and of the server from its next start on. */
  const settings: Record<string, string> = {
    REFRACT_DB: file,
    REFRACT_MASTER_SECRET: 'the first master secret of the kills proof',
    REFRACT_PURGE_INTERVAL: '0',
  };
  const instance = await startInstance(context, { environment: settings });
  const server = instance.server();
  // The sessions of orillion are for a key that leaks.
  const issued = await issueMany(server, 8, ['cloudreve', 'fib', 'kirjaswappi', 'xerial']);
  const params = { path: { contract: 'xerial' } } as const;
  await server.admin.POST('/keys/{contract}', { params, body: { legacyRefreshKey: originalSecret } });
  // A source of its own: what is killed does not depend on how often the clients asked.
  const own = seeded(Math.floor(random() * 2 ** 32));
  const chains = stopAfter(startChains({ origins: instance.origins, issued, random: own, rest: 250 }));
  /** Tokens of orillion whose sessions ended with their keys. */
  const compromised: string[] = [];
  return { ...context, ...instance, file, settings, chains, compromised };
}

/** Runs a command again to its end. @returns a sentence where it cannot be done */
export async function again(
  { tree, settings }: Ground,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = settings,
): Promise<readonly string[]> {
  const running = run({ tree, args, environment });
  const code = await running.ended;
  const what = args.slice(0, 2).join(' ');
  return code === 0 ? [] : [`${what} ended with ${String(code)} afterwards: ${running.complaints()}`];
}

/** Looks at a file, or changes it; waits while others write. */
export function within<Result>(file: string, use: (database: Database.Database) => Result): Result {
  const database = new Database(file, { timeout: 10_000 });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

export function countIn(file: string, what: string): number {
  return within(file, (database) => Number(database.prepare(`SELECT count(*) FROM ${what}`).pluck().get()));
}

/** What SQLite finds wrong. */
export function damageIn(file: string): readonly string[] {
  const found = within(file, (database) => database.pragma('integrity_check', { simple: true }));
  return found === 'ok' ? [] : [`integrity_check says ${String(found)}`];
}

export interface KeySet {
  readonly id: string;
  readonly state: string;
  readonly sealed: string;
}

/** Of a contract, or of all. */
export function keySetsIn(file: string, contract = '%'): readonly KeySet[] {
  const statement = 'SELECT id, state, sealed FROM key_set WHERE contract LIKE ? ORDER BY id';
  return within(file, (database) => database.prepare<[string], KeySet>(statement).all(contract));
}

/** The secret of the server that xerial's imported sessions come from. */
const originalSecret = randomUUID() + randomUUID();

/** Sessions of another server: the lines of an import, each subject before its session, and their tokens. */
export function leftBehind(name: string, count: number) {
  const now = Math.floor(Date.now() / 1000);
  const rows = Array.from({ length: count }, (_, index) => {
    const id = `${name}-${index}`;
    const claims = { sub: id, iat: now - 500, exp: now + 86_400 };
    const input = `${segment({ alg: 'HS256', typ: 'JWT' })}.${segment(claims)}`;
    const token = `${input}.${createHmac('sha256', originalSecret).update(input).digest('base64url')}`;
    const subject = { kind: 'subject', id, email: `${id}@mail.com` };
    return { token, some: [subject, { kind: 'session', contract: 'xerial', subjectId: id, refreshToken: token }] };
  });
  return {
    lines: rows.flatMap(({ some }) => some.map((row) => `${JSON.stringify(row)}\n`)).join(''),
    tokens: rows.map(({ token }) => token),
  };
}

export const ended = "session WHERE id LIKE 'ended %'";

/** Adds sessions that ended long ago, half of them imported. */
export function addEnded(file: string, count: number): void {
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`;
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
