// A PostgreSQL database as source or target of a copy.
//
// The fence is a lock on the tables that keeps all others from reading and writing. After the commit that renames them,
// waiting statements of every instance find no such table: PostgreSQL looks a name up again after it has waited.
import { RefractError } from '../../errors.ts';
import type { Run } from '../postgres/connections.ts';
import { checkGuarantees, useDatabase } from '../postgres/inspect.ts';
import { migrate, readMarks, readSchema } from '../postgres/migrations.ts';
import { keySetsChannel } from '../postgres/watch.ts';
import { only, type RunText } from '../sql/operation.ts';
import { storeError } from '../store.ts';
import {
  createCopyDatabase,
  lastPassTooLong,
  type CopyDatabase,
  type CopyDriver,
  type FenceTimer,
} from './database.ts';
import { keySets, markTable, onConflict, refuseOtherSchema } from './tables.ts';

/**
 * @param role a target's missing schema is created, a source's is not
 * @throws RefractError `store` if the database cannot be used
 */
export function openPostgresForCopy(url: string, role: 'source' | 'target'): Promise<CopyDatabase> {
  return useDatabase({ url, poolSize: 2 }, async (connections, name) => {
    const { repeatable, transaction, close } = connections;
    await checkGuarantees(connections, name);
    const marks = await readMarks(repeatable);
    if (role === 'target' && marks.length === 0) await migrate(connections, name);
    await checkSchema(repeatable, name);
    // A statement outside a transaction has too little time for many rows.
    const run: RunText = (text, values) => transaction((execute) => execute(text, values));
    const driver: CopyDriver = {
      ...statements,
      name,
      run,
      transaction,
      fence: (tables, timer, work) =>
        transaction(async (execute) => {
          await lock(execute, tables, timer);
          return work(limitStatements(execute, timer));
        }),
      identify: async () => `postgres ${only((await run<{ identity: string }>(selectIdentity)).rows).identity}`,
      insert: async (execute, table, nameTable, rows) => {
        const { columns, reference } = table;
        const list = Object.keys(columns).join(', ');
        // A referenced row may have been added after its table was passed; the next pass brings both.
        const where =
          reference &&
          `WHERE EXISTS (SELECT 1 FROM ${nameTable(reference.table)} WHERE id = given.${reference.column})`;
        const from = `json_populate_recordset(NULL::${nameTable(table)}, $1) AS given ${where ?? ''}`;
        const text = `INSERT INTO ${nameTable(table)} (${list}) SELECT ${list} FROM ${from} ${onConflict(table)}`;
        try {
          await execute(text, [JSON.stringify(rows)]);
        } catch (reason) {
          if (!['22P05', '22021'].includes(codeOf(reason))) throw reason;
          // SQLite stores this character and PostgreSQL does not: the one thing that cannot be copied.
          throw storeError(
            `A row of ${table.name} has a NUL character, which ${name} cannot store; change or remove it and copy again.`,
          );
        }
      },
      close,
    };
    return createCopyDatabase(driver, marks);
  });
}

// The same for all addresses of one database: when its server was started, and its number there.
const selectIdentity = `SELECT extract(epoch FROM pg_postmaster_start_time()) || ' ' || oid AS identity
   FROM pg_database WHERE datname = current_database()`;

const statements = {
  prefix: 'refract.',
  readMarks,
  remove: async (run, { key }, name, keys) => {
    const removed = keys.map((each) => Object.fromEntries(key.map((column, index) => [column, each[index]])));
    const isSame = key.map((column) => `existing.${column} = removed.${column}`).join(' AND ');
    const from = `json_populate_recordset(NULL::${name}, $1) AS removed`;
    await run(`DELETE FROM ${name} AS existing USING ${from} WHERE ${isSame}`, [JSON.stringify(removed)]);
  },
  sql: {
    now: 'refract.now()',
    createMarks: `CREATE TABLE IF NOT EXISTS refract.${markTable} (role text NOT NULL, id text NOT NULL, place text NOT NULL, at bigint NOT NULL)`,
    sha256: (text) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`,
    // Each version of a row has the transaction that wrote it; those that were in flight at the moment count as new.
    changes: {
      moment: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text AS moment',
      isSince: 'age(xmin) <= age($1::xid)',
    },
    // Servers that start early load the key sets and wait for the rest. OFFSET makes the view read-only, so that no
    // server creates keys and no change of keys is lost.
    preparing: [
      (tables) => `LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`,
      `CREATE VIEW refract.key_set AS
         SELECT ${Object.keys(keySets.columns).join(', ')} FROM refract.arriving_key_set OFFSET 0`,
    ],
    opening: ['DROP VIEW refract.key_set', `SELECT pg_notify('${keySetsChannel}', '')`],
  },
} satisfies Partial<CopyDriver>;

/**
 * Waits for vacuums under the first lock, where others continue. Behind the second lock all others wait, so it gets a
 * part of the time only. PostgreSQL ends its own vacuums for either, but not before `deadlock_timeout`, a second.
 */
async function lock(run: Run, tables: string, timer: FenceTimer): Promise<void> {
  await run('SET LOCAL lock_timeout = 0');
  await run(`LOCK TABLE ${tables} IN SHARE UPDATE EXCLUSIVE MODE`);
  timer.start();
  await setTimeouts(run, timer.remainingMs() / 4);
  try {
    await run(`LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`);
  } catch (reason) {
    if (!isTimeout(reason)) throw reason;
    throw new RefractError('held_too_long', 'another client (a dump, a long transaction) uses its tables');
  }
}

/** Gives each statement the remaining time. PostgreSQL ends it itself, even if this process is gone. */
function limitStatements(run: Run, timer: FenceTimer): RunText {
  return async (text, values) => {
    timer.check();
    try {
      await setTimeouts(run, timer.remainingMs());
      return await run(text, values);
    } catch (reason) {
      throw isTimeout(reason) ? lastPassTooLong() : reason;
    }
  };
}

async function setTimeouts(run: Run, milliseconds: number): Promise<void> {
  await run(
    `SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)`,
    [String(Math.max(1, Math.floor(milliseconds)))],
  );
}

/** Whether PostgreSQL has ended the statement: query_canceled or lock_not_available. */
function isTimeout(reason: unknown): boolean {
  return ['57014', '55P03'].includes(codeOf(reason));
}

function codeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : '';
}

async function checkSchema(run: Run, name: string): Promise<void> {
  const { version, worksWith, known, unfit } = await readSchema(run, name);
  if (unfit !== undefined) throw storeError(unfit);
  if (version === 0) throw storeError(`${name} has no schema of Refract, and is not copied.`);
  if (worksWith > known || version < known) refuseOtherSchema(name, version, known);
}
