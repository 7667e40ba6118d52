// What the programs of the peers share: their arguments, the first line of their output, and a store as durable and as
// fast as our own, whose group commit it shares. A peer on a slower store would be no rival.
import Database from 'better-sqlite3';
import { createGroupCommit } from '../../../src/store/sqlite/group-commit.ts';

export interface PeerServed {
  readonly origin: string;
  /** The refresh token of each client. */
  readonly tokens: readonly string[];
}

/** Seconds, those of xerial. */
export const lifetimes = { access: 30 * 60, refresh: 30 * 86_400 };

/** Arguments: the file of a database, `jwt` or `opaque` access tokens, and the number of clients. */
export async function servePeer(
  serve: (options: { kept: Kept; format: string; clients: number }) => Promise<PeerServed>,
): Promise<void> {
  const [file = '', format = '', clients] = process.argv.slice(2);
  console.log(JSON.stringify(await serve({ kept: keptInFile(file), format, clients: Number(clients) })));
}

/** Records of JSON by their ids. A record is on disk once its promise resolves. */
export interface Kept {
  readonly find: (id: string) => { readonly content: object; readonly consumedAt: number | null } | undefined;
  readonly put: (
    id: string,
    content: object,
    of: { readonly grantId?: string; readonly expiresAt: number },
  ) => Promise<void>;
  readonly consume: (id: string, at: number) => Promise<void>;
  /** @returns whether it was there */
  readonly remove: (id: string) => Promise<boolean>;
  readonly removeAllOf: (grantId: string) => Promise<void>;
}

function keptInFile(file: string): Kept {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`CREATE TABLE record (
                   id          TEXT PRIMARY KEY,
                   grant_id    TEXT,
                   expires_at  INTEGER NOT NULL,
                   consumed_at INTEGER,
                   content     TEXT NOT NULL
                 ) STRICT;
                 CREATE INDEX record_by_grant ON record (grant_id) WHERE grant_id IS NOT NULL;`);
  const { commit } = createGroupCommit(database);
  const find = database.prepare<[string], { content: string; consumedAt: number | null }>(
    'SELECT content, consumed_at AS consumedAt FROM record WHERE id = ?',
  );
  const put = database.prepare<[string, string | null, number, string]>(
    'INSERT OR REPLACE INTO record (id, grant_id, expires_at, content) VALUES (?, ?, ?, ?)',
  );
  const consume = database.prepare<[number, string]>('UPDATE record SET consumed_at = ? WHERE id = ?');
  const remove = database.prepare<[string]>('DELETE FROM record WHERE id = ?');
  const removeAllOf = database.prepare<[string]>('DELETE FROM record WHERE grant_id = ?');
  return {
    find: (id) => {
      const row = find.get(id);
      // `put` writes objects.
      return row && { content: JSON.parse(row.content) as object, consumedAt: row.consumedAt };
    },
    put: async (id, content, { grantId, expiresAt }) => {
      const text = JSON.stringify(content);
      await commit(() => put.run(id, grantId ?? null, expiresAt, text));
    },
    consume: async (id, at) => {
      await commit(() => consume.run(at, id));
    },
    remove: (id) => commit(() => remove.run(id).changes > 0),
    removeAllOf: async (grantId) => {
      await commit(() => removeAllOf.run(grantId));
    },
  };
}
