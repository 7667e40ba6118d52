// Databases of any size. The server makes the keys and the first session; SQL adds rows like it, in the order of
// sign-ins, so that pages fill as they would have. A test refreshes such rows.
import Database from 'better-sqlite3';
import { dirname, join } from 'node:path';
import { findContract, loadContracts, withSettings } from '../../src/app/contracts.ts';
import { openSigner } from '../../src/app/open.ts';
import { readConfig } from '../../src/config.ts';
import { derivePair } from '../../src/engine/claims.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { startServerProcess } from '../../test/shared/server-process.ts';

const contract = 'xerial';
const tree = dirname(dirname(import.meta.dirname));

/** Rows of one transaction. */
const batch = 100_000;

/** Days before now in which active sessions were issued, less than the lifetime of a refresh token. */
const issuedWithin = 20;

/** The database of a folder, as the server names it. */
export function databaseIn(folder: string): string {
  return join(folder, 'refract.db');
}

/** Makes a database with active sessions, each of a subject of its own, and with sessions that ended two days ago. */
export async function plant(folder: string, living: number, ended: number): Promise<void> {
  const server = await startServerProcess({ tree, folder });
  const { sessionId } = await server.issue(contract, 'the first subject');
  await server.stop();
  const database = new Database(databaseIn(folder));
  try {
    // No other process uses the file, and a database that was filled in part is thrown away.
    for (const pragma of ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -2000000']) database.pragma(pragma);
    database.exec('CREATE TEMP TABLE planted (subject_id TEXT, credential_version TEXT, created_at INTEGER)');
    const put = statementsOf(database);
    const all = living + ended;
    for (let from = 0; from < all; from += batch) {
      const until = Math.min(all, from + batch);
      put.clear.run();
      put.draw.run({ from, until, ended, living, issuedWithin, first: sessionId });
      database.transaction(() => {
        put.subjects.run();
        put.sessions.run({ first: sessionId });
      })();
    }
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
}

function statementsOf(database: Database.Database) {
  return {
    clear: database.prepare('DELETE FROM planted'),
    // Those that ended are the oldest.
    draw: database.prepare<[object]>(
      `WITH RECURSIVE numbers (n) AS (SELECT $from UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $until)
       INSERT INTO planted
       SELECT ${uuid}, lower(hex(randomblob(16))),
              unixepoch() - CAST(iif(n < $ended,
                                     (SELECT expires_at - created_at FROM session WHERE id = $first) + 2 * 86400,
                                     $issuedWithin * 86400 * ($ended + $living - n) / $living) AS INTEGER)
         FROM numbers`,
    ),
    subjects: database.prepare(
      `INSERT INTO subject (id, credential_version, email, role)
       SELECT subject_id, credential_version, substr(subject_id, 1, 8) || '@mail.com', 'ROLE_USER' FROM planted`,
    ),
    sessions: database.prepare<[object]>(
      `INSERT INTO session (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                            created_at, expires_at)
       SELECT ${uuid}, one.contract, one.policy, planted.subject_id, planted.credential_version, 0,
              planted.created_at, one.key_id, planted.created_at, planted.created_at + one.expires_at - one.created_at
         FROM planted, session AS one WHERE one.id = $first
        ORDER BY planted.rowid`,
    ),
  };
}

/** A version 4 UUID (RFC 9562 §5.4), as the engine draws it. */
const uuid = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||
              substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;

/** The refresh tokens of at most so many active sessions from everywhere in a folder's database; no session twice. */
export async function tokensOf(folder: string, most: number): Promise<string[]> {
  const loaded = await loadContracts();
  const config = readConfig(
    loaded.map(({ name }) => name),
    {},
    { REFRACT_DB: databaseIn(folder) },
  );
  const store = openSqliteStore({ file: databaseIn(folder), busyTimeout: 5_000 });
  try {
    const signer = await openSigner(config, loaded, store);
    const { contract: adapter, settings } = findContract(withSettings(config, loaded), contract);
    const signed = async (sessionId: string): Promise<string> => {
      const { session, subject } = await store.read(sessionId);
      if (session === undefined || subject === undefined) throw new Error('a session is not there any more');
      const { refresh } = derivePair(adapter.profile, settings, session, subject);
      return signer.sign(contract, 'refresh', session.keyId, refresh.claims);
    };
    const ids = new Database(databaseIn(folder), { readonly: true })
      .prepare<[string, number], string>(
        `SELECT id FROM session WHERE contract = ? AND revoked_at IS NULL AND expires_at > unixepoch()
          ORDER BY random() LIMIT ?`,
      )
      .pluck()
      .all(contract, most);
    const tokens: string[] = [];
    for (const id of ids) tokens.push(await signed(id));
    return tokens;
  } finally {
    await store.close();
  }
}
