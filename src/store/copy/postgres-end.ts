// A PostgreSQL database as one end of a copy.
//
// The fence is a lock on the tables that keeps all others from reading and writing. After the commit that renames them,
// waiting statements of every instance find no such table: PostgreSQL looks a name up again after it has waited.
import { isUnavailable, RefractError } from '../../errors.ts';
import { connectionsTo, only, type Run } from '../postgres/connections.ts';
import { marksIn } from '../postgres/contents.ts';
import { keySetsChannel } from '../postgres/key-sets.ts';
import { migrate, schemaOf } from '../postgres/migrations.ts';
import { placeOf } from '../postgres/place.ts';
import { checkPromises } from '../postgres/requirements.ts';
import { endOf, type CopyDatabase, type CopyEnd } from './ends.ts';
import { lastPassTooLong, type Hold } from './hold.ts';
import { markTable } from './mark.ts';
import type { RunText } from './reader.ts';
import { keySets, refuseOtherSchema, upsert } from './tables.ts';

/**
 * @param side a target's schema is made where it is missing, a source's is not
 * @throws RefractError `store` where it cannot be used
 */
export async function openPostgresEnd(url: string, side: 'source' | 'target'): Promise<CopyEnd> {
  const place = placeOf(url);
  const connections = connectionsTo(url, 2);
  const { repeatable, transaction, close } = connections;
  try {
    await checkPromises(connections, place);
    const found = await marksIn(repeatable);
    if (side === 'target' && found.length === 0) await migrate(connections, place);
    await checkSchema(repeatable, place);
    // A statement outside a transaction has too little time for many rows.
    const run: RunText = (text, values) => transaction((inside) => inside(text, values));
    const end: CopyDatabase = {
      ...statements,
      place,
      run,
      transaction,
      fence: (tables, hold, work) =>
        transaction(async (inside) => {
          await lock(inside, tables, hold);
          return work(heldAtMost(inside, hold));
        }),
      identify: async () => `postgres ${only((await run<{ identity: string }>(identity)).rows).identity}`,
      insert: async (inside, table, names, rows) => {
        const { name, columns, needs } = table;
        const list = Object.keys(columns).join(', ');
        // What a row needs may have been added after its table was passed; the next pass brings both.
        const where = needs && `WHERE EXISTS (SELECT 1 FROM ${names(needs.table)} WHERE id = given.${needs.column})`;
        const from = `json_populate_recordset(NULL::${names(table)}, $1) AS given ${where ?? ''}`;
        const text = `INSERT INTO ${names(table)} (${list}) SELECT ${list} FROM ${from} ${upsert(table)}`;
        try {
          await inside(text, [JSON.stringify(rows)]);
        } catch (reason) {
          if (!['22P05', '22021'].includes(codeOf(reason))) throw reason;
          // SQLite keeps this character and PostgreSQL does not: the one thing that cannot be copied.
          throw new RefractError(
            'store',
            `A row of ${name} has a NUL character in it, which ${place} cannot keep; change or remove it and copy again.`,
          );
        }
      },
      close,
    };
    return endOf(end, found);
  } catch (reason) {
    await close();
    if (!isUnavailable(reason)) throw reason;
    throw new RefractError('store', `The database ${place} cannot be used: ${reason.message}.`);
  }
}

// The same for all names of one database: when its server was started, and its number there.
const identity = `SELECT extract(epoch FROM pg_postmaster_start_time()) || ' ' || oid AS identity
   FROM pg_database WHERE datname = current_database()`;

const statements = {
  schema: 'refract.',
  marks: marksIn,
  remove: async (run, { key }, name, keys) => {
    const gone = keys.map((each) => Object.fromEntries(key.map((column, index) => [column, each[index]])));
    const same = key.map((column) => `there.${column} = gone.${column}`).join(' AND ');
    const text = `DELETE FROM ${name} AS there USING json_populate_recordset(NULL::${name}, $1) AS gone WHERE ${same}`;
    await run(text, [JSON.stringify(gone)]);
  },
  sql: {
    now: 'refract.now()',
    makeMarks: `CREATE TABLE IF NOT EXISTS refract.${markTable} (role text NOT NULL, id text NOT NULL, place text NOT NULL, at bigint NOT NULL)`,
    sha256: (text) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`,
    // Each version of a row has the transaction that made it; those that were in flight at the moment count as new.
    changes: {
      moment: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text AS moment',
      isSince: 'age(xmin) <= age($1::xid)',
    },
    beforeArriving: (tables) => [`LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`],
    // Servers that start early load the key sets and wait for the rest. OFFSET makes the view read-only, so that no
    // server makes keys of its own and no change of keys is lost.
    afterArriving: [
      `CREATE VIEW refract.key_set AS
         SELECT ${Object.keys(keySets.columns).join(', ')} FROM refract.arriving_key_set OFFSET 0`,
    ],
    beforeOpening: ['DROP VIEW refract.key_set'],
    afterOpening: [`SELECT pg_notify('${keySetsChannel}', '')`],
  },
} satisfies Partial<CopyDatabase>;

/**
 * Others continue while this waits for a vacuum; behind the second lock they all wait, so it gets a part of the time
 * only. PostgreSQL ends its own vacuums for either lock, but not before `deadlock_timeout`, a second.
 */
async function lock(run: Run, tables: string, hold: Hold): Promise<void> {
  await run('SET LOCAL lock_timeout = 0');
  await run(`LOCK TABLE ${tables} IN SHARE UPDATE EXCLUSIVE MODE`);
  hold.begin();
  await letGoAfter(run, hold.left() / 4);
  try {
    await run(`LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`);
  } catch (reason) {
    if (!tookTooLong(reason)) throw reason;
    throw new RefractError('held_too_long', 'somebody else (a dump, a long transaction) went on using its tables');
  }
}

/** Statements that have the rest of the time. PostgreSQL ends them itself, whatever became of this process. */
function heldAtMost(run: Run, hold: Hold): RunText {
  return async (text, values) => {
    hold.check();
    try {
      await letGoAfter(run, hold.left());
      return await run(text, values);
    } catch (reason) {
      throw tookTooLong(reason) ? lastPassTooLong() : reason;
    }
  };
}

async function letGoAfter(run: Run, milliseconds: number): Promise<void> {
  await run(
    `SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)`,
    [String(Math.max(1, Math.floor(milliseconds)))],
  );
}

/** Whether PostgreSQL has ended the statement. */
function tookTooLong(reason: unknown): boolean {
  return ['57014', '55P03'].includes(codeOf(reason));
}

function codeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : '';
}

async function checkSchema(run: Run, place: string): Promise<void> {
  const { version, worksWith, known, unfit } = await schemaOf(run, place);
  if (unfit !== undefined) throw new RefractError('store', unfit);
  if (version === 0) throw new RefractError('store', `${place} has no schema of Refract, and is not copied.`);
  if (worksWith > known || version < known) refuseOtherSchema(place, version, known);
}
