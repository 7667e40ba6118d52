// The target of the kills: a database with a server and clients that refresh, and direct reads of the file.
import Database from 'better-sqlite3';
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startScript } from '../../../test/shared/programs.ts';
import { seeded } from '../../../test/shared/random.ts';
import { issueSessions } from '../../../test/shared/server-process.ts';
import { segment } from '../../../test/shared/tokens.ts';
import { startChains } from '../chains.ts';
import type { Context } from '../part.ts';
import { startInstance } from '../instance.ts';

export type Fixture = Awaited<ReturnType<typeof prepare>>;

export async function prepare(context: Context) {
  const { folder, random } = context;
  const file = join(folder, 'refract.db');
  /** The environment of commands, and of the server from its next start. */
  const settings: Record<string, string> = {
    REFRACT_DB: file,
    REFRACT_MASTER_SECRET: 'the first master secret of the kills proof',
    REFRACT_PURGE_INTERVAL: '0',
  };
  const instance = await startInstance(context, { environment: settings });
  const server = instance.server();
  // Sessions of orillion are issued later, for compromised keys.
  const issued = await issueSessions(server, 8, ['cloudreve', 'fib', 'kirjaswappi', 'xerial']);
  const params = { path: { contract: 'xerial' } } as const;
  await server.admin.POST('/keys/{contract}', { params, body: { legacyRefreshKey: originalSecret } });
  // A random source of its own: kills do not depend on how often clients draw a number.
  const own = { ...context, random: seeded(Math.floor(random() * 2 ** 32)) };
  const chains = startChains(own, { origins: instance.origins, issued, restMs: 250 });
  /** Tokens of orillion whose sessions were revoked with their keys. */
  const compromised: string[] = [];
  return { ...context, ...instance, file, settings, chains, compromised };
}

/** Returns the fixture with a prefix for its violations. */
export function prefixed(fixture: Fixture, prefix: string): Fixture {
  const violate = (sentence: string): void => fixture.violate(`${prefix}: ${sentence}`);
  const expect = (holds: boolean, sentence: string): void => fixture.expect(holds, `${prefix}: ${sentence}`);
  return { ...fixture, violate, expect };
}

/** Runs a command again and expects it to succeed. @returns whether it did */
export async function checkAgain(
  { tree, settings, expect }: Fixture,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = settings,
): Promise<boolean> {
  const script = startScript({ tree, args, environment });
  const code = await script.ended;
  const command = args.slice(0, 2).join(' ');
  expect(code === 0, `${command} ended with ${String(code)} afterwards: ${script.errors()}`);
  return code === 0;
}

/** Reads or changes a file; waits while others write. */
export function within<Result>(file: string, use: (database: Database.Database) => Result): Result {
  const database = new Database(file, { timeout: 10_000 });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

export function countIn(file: string, rows: string): number {
  return within(file, (database) => Number(database.prepare(`SELECT count(*) FROM ${rows}`).pluck().get()));
}

/** @returns whether SQLite finds no damage */
export function checkIntegrity({ expect }: Fixture, file: string): boolean {
  const found = within(file, (database) => database.pragma('integrity_check', { simple: true }));
  expect(found === 'ok', `integrity_check reports ${String(found)}`);
  return found === 'ok';
}

export interface KeySet {
  readonly id: string;
  readonly state: string;
  readonly sealed: string;
}

/** The key sets of a contract; of all contracts unless given. */
export function keySetsIn(file: string, contract = '%'): readonly KeySet[] {
  const statement = 'SELECT id, state, sealed FROM key_set WHERE contract LIKE ? ORDER BY id';
  return within(file, (database) => database.prepare<[string], KeySet>(statement).all(contract));
}

/** The secret of the server that issued xerial's imported sessions. */
const originalSecret = randomUUID() + randomUUID();

/** Sessions of another server: the lines of an import, each subject before its session, and their tokens. */
export function originalSessions(name: string, count: number) {
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
       ${numbers} INSERT INTO session SELECT 'ended ' || hex(randomblob(12)), 'xerial', 'single-use', 'missing', 'none', 0,
         1, 'none', 1, 2, NULL, NULL, NULL FROM numbers;
       INSERT OR IGNORE INTO imported_token SELECT contract, id, id, 1, 2 FROM session WHERE id LIKE 'ended %' AND id < 'ended 8';
       COMMIT`,
    ),
  );
}
