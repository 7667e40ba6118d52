// A PostgreSQL database as one end of a copy.
//
// The fence is a lock on the tables that lets nobody read or write. With the commit that renames them whatever waits,
// on any instance, finds no such table: PostgreSQL looks a name up again after it had to wait for it.
import { isUnavailable, RefractError } from '../../errors.ts';
import { connectionsTo, type Run } from '../postgres/connections.ts';
import { checkPromises } from '../postgres/promises.ts';
import { marksIn } from '../postgres/marks.ts';
import { migrate, schemaOf } from '../postgres/migrations.ts';
import { placeOf } from '../postgres/place.ts';
import { keySetsChannel } from '../postgres/watch.ts';
import type { CopyEnd, Key } from './ends.ts';
import { lastPassTooLong, type Hold } from './hold.ts';
import { markTable, prefixOf } from './mark.ts';
import { postgresReader } from './postgres-reader.ts';
import { allTables, fencedTables, keySets, type CopiedTable, type Row } from './tables.ts';

/**
 * @param side a target's schema is made where it is missing, a source's is not
 * @throws RefractError `store` where it cannot be used
 */
export async function openPostgresEnd(url: string, side: 'source' | 'target'): Promise<CopyEnd> {
  const place = placeOf(url);
  const connections = connectionsTo(url, 2);
  const { transaction } = connections;
  // A statement by itself would have too little time for many rows.
  const run: Run = (statement, values) => transaction((each) => each(statement, values));
  let prefix: ReturnType<typeof prefixOf>;
  try {
    await checkPromises(connections, place);
    const marks = await marksIn(connections.repeatable);
    if (side === 'target' && marks.length === 0) await migrate(connections, place);
    await checkSchema(connections.repeatable, place);
    prefix = prefixOf(marks);
  } catch (reason) {
    await connections.close();
    if (!isUnavailable(reason)) throw reason;
    throw new RefractError('store', `The database ${place} cannot be used: ${reason.message}.`);
  }
  const nameOf = (table: CopiedTable): string => `refract.${table.isFenced ? prefix : ''}${table.name}`;

  return {
    place,
    ...postgresReader(run, (table) => Promise.resolve(nameOf(table))),
    look: () =>
      transaction(async (inside) => ({
        ...(await aboutServer(inside)),
        marks: await marksIn(inside),
        counts: await counted(inside, nameOf),
      })),
    leave: (id, target) =>
      transaction(async (inside) => {
        await mark(inside, 'leaving', id, target);
        await inside({ text: `DELETE FROM refract.${markTable} WHERE role = 'leaving' AND id <> $1` }, [id]);
      }),
    fence: async (id, target, hold, work) => {
      const result = await transaction(async (run) => {
        await lock(run, fencedTables.map(nameOf).join(', '), hold);
        const inside = heldAtMost(run, hold);
        const isOurs = (await marksIn(inside)).some((each) => each.role === 'leaving' && each.id === id);
        if (!isOurs)
          throw new RefractError('store', `Another copy of ${place} was begun meanwhile; this one is given up.`);
        const done = await work(postgresReader(inside, (table) => Promise.resolve(nameOf(table))));
        await rename(inside, '', 'copied_');
        await inside({ text: `DELETE FROM refract.${markTable} WHERE role = 'leaving'` });
        await mark(inside, 'left', id, target);
        return done;
      });
      prefix = 'copied_';
      return result;
    },
    arrive: async (id, source, rows) => {
      await transaction(async (inside) => {
        await inside({ text: `LOCK TABLE ${allTables.map(nameOf).join(', ')} IN ACCESS EXCLUSIVE MODE` });
        const counts = await counted(inside, nameOf);
        if ([...counts.values()].some((count) => count > 0)) {
          throw new RefractError('store', `Something was written to ${place} meanwhile; nothing was copied to it.`);
        }
        await mark(inside, 'arriving', id, source);
        await rename(inside, '', 'arriving_');
        await put(inside, keySets, 'arriving_', rows, []);
        await inside({ text: keySetView });
      });
      prefix = 'arriving_';
    },
    write: (table, rows, removed) =>
      transaction((inside) => put(inside, table, prefix, rows, removed)).catch((reason: unknown) => {
        throw explained(reason, table, place);
      }),
    open: async (id) => {
      await transaction(async (inside) => {
        await inside({ text: 'DROP VIEW refract.key_set' });
        await rename(inside, 'arriving_', '');
        const text = `UPDATE refract.${markTable} SET role = 'arrived' WHERE role = 'arriving' AND id = $1`;
        await inside({ text }, [id]);
        await inside({ text: 'SELECT pg_notify($1, $2)' }, [keySetsChannel, '']);
      });
      prefix = '';
    },
    close: connections.close,
  };
}

/**
 * A vacuum is waited for while everybody goes on; behind the lock that comes then they all wait, so that one has a part
 * of the time only. PostgreSQL ends its own vacuums for either, but not before `deadlock_timeout`, a second.
 */
async function lock(run: Run, names: string, hold: Hold): Promise<void> {
  await run({ text: 'SET LOCAL lock_timeout = 0' });
  await run({ text: `LOCK TABLE ${names} IN SHARE UPDATE EXCLUSIVE MODE` });
  hold.begin();
  await letGoAfter(run, Math.max(1, Math.floor(hold.left() / 4)));
  try {
    await run({ text: `LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE` });
  } catch (reason) {
    if (!tookTooLong(reason)) throw reason;
    throw new RefractError('held_too_long', 'somebody else (a dump, a long transaction) went on using its tables');
  }
}

/**
 * Statements that have what is left of the time. PostgreSQL itself lets go when that is over, whatever has become of
 * this process or of the way to it.
 */
function heldAtMost(run: Run, hold: Hold): Run {
  return async (statement, values) => {
    hold.check();
    try {
      await letGoAfter(run, Math.max(1, Math.floor(hold.left())));
      return await run(statement, values);
    } catch (reason) {
      throw tookTooLong(reason) ? lastPassTooLong() : reason;
    }
  };
}

async function letGoAfter(run: Run, milliseconds: number): Promise<void> {
  await run(
    {
      text: `SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)`,
    },
    [String(milliseconds)],
  );
}

/** For PostgreSQL, which has given up the statement. */
function tookTooLong(reason: unknown): boolean {
  const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
  return code === '57014' || code === '55P03';
}

// Servers that are started early load the key sets and wait for the rest; OFFSET makes it a view that nobody can write
// to, so that none of them makes keys of its own and no change of keys is lost.
const keySetView = `CREATE VIEW refract.key_set AS
  SELECT ${Object.keys(keySets.columns).join(', ')} FROM refract.arriving_key_set OFFSET 0`;

async function checkSchema(run: Run, place: string): Promise<void> {
  const { version, worksWith, known, unfit } = await schemaOf(run, place);
  if (unfit !== undefined) throw new RefractError('store', unfit);
  if (version === 0) throw new RefractError('store', `${place} has no schema of Refract, and is not copied.`);
  if (worksWith <= known && version >= known) return;
  throw new RefractError(
    'store',
    `${place} has schema ${String(version)}, and this Refract copies schema ${String(known)}; ${version > known ? 'run the newer release that upgraded it' : 'back it up, and start this release on it once'}.`,
  );
}

async function aboutServer(run: Run): Promise<{ identity: string; now: number }> {
  const { rows } = await run<{ identity: string; now: number; encoding: string }>({ text: about });
  const [{ identity, now, encoding } = { identity: '', now: 0, encoding: '' }] = rows;
  if (encoding !== 'UTF8') {
    throw new RefractError(
      'store',
      `The database is encoded in ${encoding}; make one with ENCODING 'UTF8' and copy to that.`,
    );
  }
  return { identity: `postgres ${identity}`, now };
}

const about = `SELECT current_setting('server_encoding') AS encoding, refract.now() AS now,
    extract(epoch FROM pg_postmaster_start_time()) || ' ' || oid AS identity
   FROM pg_database WHERE datname = current_database()`;

async function counted(run: Run, nameOf: (table: CopiedTable) => string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const table of allTables) {
    const { rows } = await run<{ count: number }>({ text: `SELECT count(*) AS count FROM ${nameOf(table)}` });
    counts.set(table.name, rows[0]?.count ?? 0);
  }
  return counts;
}

async function mark(run: Run, role: string, id: string, other: string): Promise<void> {
  await run({
    text: `CREATE TABLE IF NOT EXISTS refract.${markTable} (role text NOT NULL, id text NOT NULL, place text NOT NULL, at bigint NOT NULL)`,
  });
  await run({ text: `INSERT INTO refract.${markTable} VALUES ($1, $2, $3, refract.now())` }, [role, id, other]);
}

async function rename(run: Run, from: string, to: string): Promise<void> {
  for (const { name } of fencedTables) await run({ text: `ALTER TABLE refract.${from}${name} RENAME TO ${to}${name}` });
}

async function put(
  run: Run,
  { name, isFenced, columns, key, needs, isReplaced = false }: CopiedTable,
  prefix: string,
  rows: readonly Row[],
  removed: readonly Key[],
): Promise<void> {
  const table = `refract.${isFenced ? prefix : ''}${name}`;
  const all = Object.keys(columns);
  const keyOf = (row: Row): Key => key.map((column) => row[column] ?? null);
  const going = isReplaced ? [...removed, ...rows.map(keyOf)] : removed;
  if (going.length > 0) {
    const gone = going.map((each) => Object.fromEntries(key.map((column, index) => [column, each[index]])));
    const same = key.map((column) => `there.${column} = gone.${column}`).join(' AND ');
    const text = `DELETE FROM ${table} AS there USING json_populate_recordset(NULL::${table}, $1) AS gone WHERE ${same}`;
    await run({ text }, [JSON.stringify(gone)]);
  }
  if (rows.length === 0) return;
  // What a row needs may have come after its table was passed; then the next pass brings both.
  const where =
    needs && `WHERE EXISTS (SELECT 1 FROM refract.${prefix}${needs.table} WHERE id = given.${needs.column})`;
  const changing = all.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`);
  await run(
    {
      text: `INSERT INTO ${table} (${all.join(', ')})
             SELECT ${all.join(', ')} FROM json_populate_recordset(NULL::${table}, $1) AS given ${where ?? ''}
             ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changing.join(', ')}`,
    },
    [JSON.stringify(rows)],
  );
}

/** A character that SQLite keeps and PostgreSQL does not is the one thing that cannot be copied. */
function explained(reason: unknown, table: CopiedTable, place: string): unknown {
  const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
  if (code !== '22P05' && code !== '22021') return reason;
  return new RefractError(
    'store',
    `A row of ${table.name} has a NUL character in it, which ${place} cannot keep; change or remove it and copy again.`,
  );
}
