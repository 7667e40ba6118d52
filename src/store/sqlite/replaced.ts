// The database that a restore replaces: nobody else has it open from here on, and it is known what it is good for.
import Database from 'better-sqlite3';
import { existsSync, linkSync } from 'node:fs';
import { dirname } from 'node:path';
import { RefractError } from '../../errors.ts';
import { refuseMarked } from '../copy/mark.ts';
import { sync } from './durable.ts';
import { messageOf } from './open.ts';
import { marksIn } from './marks.ts';
import { schemaOf } from './migrations.ts';

export interface Replaced {
  /** Keeps the database to itself until it is closed; none where the file is no database at all. */
  readonly connection: Database.Database | undefined;
  readonly state:
    | { readonly kind: 'empty' | 'sound' }
    /** It cannot be compared with anything. */
    | { readonly kind: 'unusable'; readonly isDamaged: boolean; readonly why: string };
}

/**
 * @param busyTimeout milliseconds to wait for commands that use the database
 * @throws RefractError `store` where another process has it open, or it is not ours to replace
 */
export function openReplaced(database: string, busyTimeout: number): Replaced {
  const connection = new Database(database, { timeout: busyTimeout, fileMustExist: true });
  try {
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN EXCLUSIVE; COMMIT');
    return { connection, state: stateOf(connection) };
  } catch (reason) {
    connection.close();
    if (!(reason instanceof Database.SqliteError)) throw reason;
    if (reason.code.startsWith('SQLITE_BUSY')) {
      throw new RefractError(
        'store',
        `${database} is in use: stop the server and whatever else has it open, or restore to another file with --db.`,
      );
    }
    return { connection: undefined, state: damaged(messageOf(reason)) };
  }
}

function stateOf(connection: Database.Database): Replaced['state'] {
  const { owner, version, known } = schemaOf(connection);
  if (owner === 'nobody') return { kind: 'empty' };
  if (owner === 'other') {
    throw new RefractError('store', `${connection.name} is a database of another program and is not replaced.`);
  }
  refuseMarked(connection.name, marksIn(connection), true);
  if (version > known) {
    const why = `it has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}`;
    return { kind: 'unusable', isDamaged: false, why };
  }
  const found = connection.pragma('quick_check(1)', { simple: true });
  return found === 'ok' ? { kind: 'sound' } : damaged(messageOf(found));
}

function damaged(what: string): Replaced['state'] {
  return { kind: 'unusable', isDamaged: true, why: `it is damaged (${what})` };
}

/**
 * Keeps what SQLite cannot read, byte by byte. Linked and not copied: to close a copied file would give up the lock on
 * it (POSIX.1, fcntl).
 */
export function keepDamaged(database: string, keptAs: string): void {
  for (const ending of ['', '-wal', '-journal']) {
    if (existsSync(database + ending)) linkSync(database + ending, keptAs + ending);
  }
  sync(dirname(keptAs));
}
