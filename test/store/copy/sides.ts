// A source or target of a copy, and the rows in it.
import Database from 'better-sqlite3';
import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { CopyAddress } from '../../../src/store/copy/copy.ts';
import type { CopyDatabase } from '../../../src/store/copy/database.ts';
import { openPostgresForCopy } from '../../../src/store/copy/postgres.ts';
import { openSqliteForCopy } from '../../../src/store/copy/sqlite.ts';
import { allTables } from '../../../src/store/copy/tables.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { temporaryFolder } from '../../shared/folder.ts';

export interface Side {
  readonly address: CopyAddress;
  /** As the command line names it. */
  readonly argument: string;
  readonly open: (side: 'source' | 'target') => Promise<CopyDatabase>;
  /** Opens it as a store, which creates the schema. @throws RefractError `store` as every start does */
  readonly start: () => Promise<void>;
  /** Runs statements that both databases understand, without the store. @returns the rows of the last one */
  readonly run: (...statements: readonly string[]) => Promise<readonly Record<string, unknown>[]>;
}

export function sqliteSide(): Side {
  return sqliteSideOf(join(temporaryFolder(), 'refract.db'));
}

export function sqliteSideOf(file: string): Side {
  return {
    address: { file },
    argument: `sqlite:${file}`,
    open: async (side) => closeAfterTest(openSqliteForCopy(file, side, 2_000)),
    start: async () => openSqliteStore({ file, busyTimeout: 2_000 }).close(),
    // Async, so that it rejects as the PostgreSQL one does.
    run: async (...statements) => {
      const database = new Database(file);
      try {
        return (
          statements
            .map((text) => {
              const statement = database.prepare<[], Record<string, unknown>>(text);
              if (statement.reader) return statement.all();
              statement.run();
              return [];
            })
            .at(-1) ?? []
        );
      } finally {
        database.close();
      }
    },
  };
}

export async function postgresSide(createDatabase: () => Promise<string>): Promise<Side> {
  const url = await createDatabase();
  return {
    address: { url },
    argument: url,
    open: async (side) => closeAfterTest(await openPostgresForCopy(url, side)),
    start: async () => {
      const store = await openPostgresStore({ url, poolSize: 1 });
      await store.close();
    },
    run: async (...statements) => {
      const client = new pg.Client(url);
      await client.connect();
      try {
        await client.query('SET search_path = refract');
        let rows: readonly Record<string, unknown>[] = [];
        for (const text of statements) ({ rows } = await client.query<Record<string, unknown>>(text));
        return rows;
      } finally {
        await client.end();
      }
    },
  };
}

/** All rows by table, as sorted texts. */
export async function contentsOf({ run }: Side, prefix = ''): Promise<Readonly<Record<string, readonly string[]>>> {
  const contents: Record<string, readonly string[]> = {};
  for (const { name, isFenced } of allTables) {
    const rows = await run(`SELECT * FROM ${isFenced ? prefix : ''}${name}`);
    // PostgreSQL's driver returns integers of 64 bits as texts.
    contents[name] = rows.map((row) => JSON.stringify(row, (_, value) => asText(value))).sort();
  }
  return contents;
}

/** Adds rows with every column set and null. */
export async function fill({ start, run }: Side, sessions: number): Promise<void> {
  await start();
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${String(sessions)})`;
  await run(
    `INSERT INTO subject VALUES ('bob', 'v1', 'bob@mail.com', 'bob@admin', 'ROLE_ADMIN', NULL, NULL),
       ('ann', 'v2', NULL, NULL, NULL, 1700000001, NULL), ('gone', 'v3', NULL, NULL, NULL, NULL, 1700000002),
       ('Łucja "née" O''Neill \\ 😀', 'v4', 'é', '', '-', NULL, NULL)`,
    `${numbers} INSERT INTO session SELECT 'session ' || n, 'fib', 'single-use', 'bob', 'v1', n % 7, 1700000000 + n, 'key',
       1700000000, 1800000000, NULL, NULL, CASE WHEN n % 3 = 0 THEN 'label ' || n END FROM numbers`,
    `UPDATE session SET revoked_at = 1700000009, revoked_reason = 'requested' WHERE id = 'session 2'`,
    `INSERT INTO key_set VALUES ('k1', 'fib', 'active', 'sealed 1', 1700000000, NULL),
       ('k2', 'fib', 'retired', 'sealed 2', 1600000000, 1700000000), ('k0', 'fib', 'next', 'sealed 3', 1700000001, NULL)`,
    `INSERT INTO imported_token VALUES ('fib', 'hash 1', 'session 1', 1700000000, 1700009999),
       ('fib', 'hash 3', 'session 3', 1700000000, 1700009999)`,
    `INSERT INTO audit_event VALUES (1700000000, 'a', 'issued', 'fib', 'bob', 'session 1', 'why', 'r1', '::1', 'curl', 'cli'),
       (1700000000, 'b', 'reused', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  );
}

function closeAfterTest(database: CopyDatabase): CopyDatabase {
  onTestFinished(() => database.close().catch(() => undefined));
  return database;
}

function asText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}
