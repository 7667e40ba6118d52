// Runs statements of a synchronous driver; which of its errors mean that the database is unavailable.
import Database, { type Statement } from 'better-sqlite3';
import { RefractError } from '../../errors.ts';
import type { Dialect, Query, QueryResult } from '../sql/operation.ts';

export const dialect: Dialect = {
  prefix: '',
  now: '$now',
  newVersion: 'lower(hex(randomblob(16)))',
  withoutIndex: '+',
  forShare: '',
  items: 'json_each($1) AS item',
  // Revokes expired sessions too, in case the clock of this process is wrong.
  revokeAll: (column) =>
    `UPDATE session SET revoked_at = $now, revoked_reason = $2 WHERE ${column} = $1 AND revoked_at IS NULL
     RETURNING expires_at > $now AS count`,
};

/** Runs statements, each text prepared once. @param clock integer seconds since 1970, the value of `$now` */
export function createRunner(database: Database.Database, clock: () => number): (query: Query) => QueryResult {
  const prepared = new Map<string, Statement<[object], object>>();
  return ({ text, values }) => {
    const statement = prepared.get(text) ?? database.prepare<[object], object>(text);
    prepared.set(text, statement);
    const named = Object.fromEntries(values.map((value, index) => [String(index + 1), value]));
    if (text.includes('$now')) named['now'] = clock();
    if (!statement.reader) return { rows: [], changes: statement.run(named).changes };
    const rows = statement.all(named);
    return { rows, changes: rows.length };
  };
}

// Primary result codes of sqlite.org/rescode.html that a correct statement can meet; extended codes begin with them.
const unavailableCodes = [
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_NOMEM',
  'SQLITE_PERM',
  'SQLITE_PROTOCOL',
];

/** Returns `unavailable` in place of an error that no statement of ours caused, and any other error unchanged. */
export function translateError(reason: unknown): Error {
  if (!(reason instanceof Database.SqliteError)) return reason instanceof Error ? reason : new Error(String(reason));
  const { code, message } = reason;
  // A finished copy has renamed the tables: the prepared statement is not wrong.
  const isCopied = code === 'SQLITE_ERROR' && message.startsWith('no such table: ');
  return isCopied || unavailableCodes.some((prefix) => code.startsWith(prefix))
    ? new RefractError('unavailable', `SQLite: ${message} (${code})`)
    : reason;
}
