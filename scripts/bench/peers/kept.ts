// What a peer keeps its tokens in: memory, or a file as durable and as quick as our own store, whose group commit it
// shares. A peer on a slower adapter would be no rival.
import Database from 'better-sqlite3';
import { createGroupCommit } from '../../../src/store/sqlite/group-commit.ts';

/** Records of JSON by their ids. What is written is on disk once its promise resolves. */
export interface Kept<Content> {
  readonly find: (id: string) => Found<Content> | undefined;
  readonly put: (
    id: string,
    content: Content,
    of: { readonly grantId: string | undefined; readonly expiresAt: number },
  ) => Promise<void>;
  readonly consume: (id: string, at: number) => Promise<void>;
  /** @returns whether it was there */
  readonly remove: (id: string) => Promise<boolean>;
  readonly removeAllOf: (grantId: string) => Promise<void>;
}

interface Found<Content> {
  readonly content: Content;
  readonly consumedAt: number | null;
}

/** Nothing is lost before the process ends: one peer's own adapter forgets living grants after a thousand records. */
export function keptInMemory<Content>(): Kept<Content> {
  const records = new Map<string, { content: Content; consumedAt: number | null; grantId: string | undefined }>();
  return {
    find: (id) => records.get(id),
    put: async (id, content, { grantId }) => {
      records.set(id, { content, consumedAt: null, grantId });
    },
    consume: async (id, at) => {
      const record = records.get(id);
      if (record !== undefined) record.consumedAt = at;
    },
    remove: async (id) => records.delete(id),
    removeAllOf: async (grantId) => {
      for (const [id, record] of records) if (record.grantId === grantId) records.delete(id);
    },
  };
}

export function keptInFile<Content>(file: string): Kept<Content> {
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
      // Written by `put`.
      return row && { content: JSON.parse(row.content) as Content, consumedAt: row.consumedAt };
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
