// Which of SQLite's errors mean "not now" and which mean that a statement of ours is wrong.
import Database from 'better-sqlite3';
import { RefractError } from '../../errors.ts';

// Primary result codes of sqlite.org/rescode.html that a correct statement can meet; extended ones begin with them.
const notNow = [
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

/** `unavailable` in place of an error that says nothing about the statement; any other error as it is. */
export function translated(reason: unknown): Error {
  if (!(reason instanceof Database.SqliteError)) return reason instanceof Error ? reason : new Error(String(reason));
  const { code, message } = reason;
  // The tables that a copy has taken away: a statement that was prepared while they were there is not at fault.
  const isShut = code === 'SQLITE_ERROR' && message.startsWith('no such table: ');
  return isShut || notNow.some((prefix) => code.startsWith(prefix))
    ? new RefractError('unavailable', `SQLite: ${message} (${code})`)
    : reason;
}
