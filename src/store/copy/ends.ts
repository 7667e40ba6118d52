// What a copy asks of the database at either end of it, and how both kinds of database do it.
import { RefractError } from '../../errors.ts';
import type { Hold } from './hold.ts';
import { markTable, prefixOf, type Mark } from './mark.ts';
import { allTables, fencedTables, keyOf, keySets, lineOf, type CopiedTable, type Row, type Value } from './tables.ts';

export type Key = readonly Value[];

/** Rows of consecutive keys, from `from` and before `to`; to the end of the table where there is no `to`. */
export interface Range {
  readonly from: Key;
  readonly to: Key | undefined;
}

export interface Digest {
  readonly rows: number;
  /** SHA-256 over the rows in the order of their keys. */
  readonly digest: string;
}

/** Rows of a range, and ranges of one statement. */
const rowsPerRange = 64;
export const rangesAtOnce = 128;

export interface Reader {
  /** Keys at which the next ranges from `from` end, `rangesAtOnce` at most; fewer at the end of the table. */
  readonly boundaries: (table: CopiedTable, from: Key) => Promise<readonly Key[]>;
  readonly digests: (table: CopiedTable, ranges: readonly Range[]) => Promise<readonly Digest[]>;
  readonly rows: (table: CopiedTable, ranges: readonly Range[]) => Promise<readonly Row[]>;
  /** Where the database knows which rows are new: while it is held, only those have to be read. */
  readonly changes?: {
    /** A later reader sees all that was committed before it. */
    readonly moment: () => Promise<string>;
    /** Keys of rows that were added or changed since, perhaps with others; and the number of all rows. */
    readonly since: (
      table: CopiedTable,
      moment: string,
    ) => Promise<{ readonly keys: readonly Key[]; readonly rows: number }>;
  };
}

/** What is found before anything is done. */
export interface Found {
  /** Equal for all names of one database. */
  readonly identity: string;
  readonly marks: readonly Mark[];
  /** By table. */
  readonly counts: ReadonlyMap<string, number>;
  /** Its clock, in seconds. */
  readonly now: number;
}

export interface CopyEnd extends Reader {
  /** As it may be printed. */
  readonly place: string;
  readonly look: () => Promise<Found>;
  /** Marks the source of the copy `id`; an earlier copy from the same source can no longer be finished. */
  readonly leave: (id: string, target: string) => Promise<void>;
  /**
   * Locks the tables of the source against all others, lets `work` read them, and shuts them for good; where `work`
   * throws, nothing has changed.
   * @throws RefractError `held_too_long`
   */
  readonly fence: <Result>(
    id: string,
    target: string,
    hold: Hold,
    work: (held: Reader) => Promise<Result>,
  ) => Promise<Result>;
  /** Makes an empty database the target of the copy `id`: shut until it is opened, except for the key sets. */
  readonly arrive: (id: string, source: string, keySets: readonly Row[]) => Promise<void>;
  /** Writes rows and removes those of the keys, all or none. */
  readonly write: (table: CopiedTable, rows: readonly Row[], removed: readonly Key[]) => Promise<void>;
  /** Opens the target in one step. */
  readonly open: (id: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Runs a statement, with its values as $1, $2 and so on. */
export type RunText = <Found extends object>(
  text: string,
  values?: readonly Value[],
) => Promise<{ readonly rows: readonly Found[] }>;

/** A database of either kind: what the two do differently. Times are seconds. */
export interface CopyDatabase {
  readonly place: string;
  readonly schema: '' | 'refract.';
  readonly run: RunText;
  /** All or nothing. */
  readonly transaction: <Result>(work: (run: RunText) => Promise<Result>) => Promise<Result>;
  /** A transaction that keeps all others from writing to the tables. */
  readonly fence: <Result>(tables: string, hold: Hold, work: (run: RunText) => Promise<Result>) => Promise<Result>;
  readonly identify: () => Promise<string>;
  readonly marks: (run: RunText) => Promise<readonly Mark[]>;
  readonly insert: (run: RunText, table: CopiedTable, names: Names, rows: readonly Row[]) => Promise<void>;
  readonly remove: (run: RunText, table: CopiedTable, name: string, keys: readonly Key[]) => Promise<void>;
  readonly close: () => Promise<void>;
  /** Parts of statements. */
  readonly sql: {
    readonly now: string;
    readonly makeMarks: string;
    /** The SHA-256 of a text in hexadecimal digits. */
    readonly sha256: (text: string) => string;
    readonly changes?: { readonly moment: string; readonly isSince: string };
    readonly beforeArriving: (tables: string) => readonly string[];
    readonly afterArriving: readonly string[];
    readonly beforeOpening: readonly string[];
    readonly afterOpening: readonly string[];
  };
}

/** Under which name a table is found at the moment. */
type Names = (table: CopiedTable) => string;

/** @param found the marks that the database has when it is opened */
export function endOf(database: CopyDatabase, found: readonly Mark[]): CopyEnd {
  const { place, schema, run, transaction, sql } = database;
  const marks = `${schema}${markTable}`;
  const namesWith =
    (prefix: string): Names =>
    ({ isFenced, name }) =>
      `${schema}${isFenced ? prefix : ''}${name}`;
  let nameOf = namesWith(prefixOf(found));

  const mark = async (inside: RunText, role: Mark['role'], id: string, other: string): Promise<void> => {
    await inside(sql.makeMarks);
    await inside(`INSERT INTO ${marks} (role, id, place, at) VALUES ($1, $2, $3, ${sql.now})`, [role, id, other]);
  };
  const rename = async (inside: RunText, from: string, to: string): Promise<void> => {
    for (const { name } of fencedTables) await inside(`ALTER TABLE ${schema}${from}${name} RENAME TO ${to}${name}`);
  };
  const runAll = async (inside: RunText, statements: readonly string[]): Promise<void> => {
    for (const text of statements) await inside(text);
  };
  const countsIn = async (inside: RunText): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>();
    for (const table of allTables) counts.set(table.name, await countOf(inside, nameOf(table)));
    return counts;
  };
  const put = async (
    inside: RunText,
    table: CopiedTable,
    names: Names,
    rows: readonly Row[],
    removed: readonly Key[],
  ): Promise<void> => {
    const going = table.isReplaced ? [...removed, ...rows.map((row) => keyOf(table, row))] : removed;
    if (going.length > 0) await database.remove(inside, table, names(table), going);
    if (rows.length > 0) await database.insert(inside, table, names, rows);
  };

  return {
    place,
    ...readerOf(database, run, (table) => nameOf(table)),
    look: async () => {
      const [clock] = (await run<{ now: number }>(`SELECT ${sql.now} AS now`)).rows;
      return {
        identity: await database.identify(),
        marks: await database.marks(run),
        counts: await countsIn(run),
        now: clock?.now ?? 0,
      };
    },
    leave: (id, target) =>
      transaction(async (inside) => {
        await mark(inside, 'leaving', id, target);
        await inside(`DELETE FROM ${marks} WHERE role = 'leaving' AND id <> $1`, [id]);
      }),
    fence: async (id, target, hold, work) => {
      const result = await database.fence(fencedTables.map(nameOf).join(', '), hold, async (inside) => {
        const isOurs = (await database.marks(inside)).some((each) => each.role === 'leaving' && each.id === id);
        if (!isOurs)
          throw new RefractError('store', `Another copy of ${place} was begun meanwhile; this one is given up.`);
        const done = await work(readerOf(database, inside, nameOf));
        await rename(inside, '', 'copied_');
        await inside(`DELETE FROM ${marks} WHERE role = 'leaving'`);
        await mark(inside, 'left', id, target);
        return done;
      });
      nameOf = namesWith('copied_');
      return result;
    },
    arrive: async (id, source, rows) => {
      const names = namesWith('arriving_');
      await transaction(async (inside) => {
        await runAll(inside, sql.beforeArriving(allTables.map(nameOf).join(', ')));
        if ([...(await countsIn(inside)).values()].some((count) => count > 0)) {
          throw new RefractError('store', `Something was written to ${place} meanwhile; nothing was copied to it.`);
        }
        await mark(inside, 'arriving', id, source);
        await rename(inside, '', 'arriving_');
        await put(inside, keySets, names, rows, []);
        await runAll(inside, sql.afterArriving);
      });
      nameOf = names;
    },
    write: (table, rows, removed) => transaction((inside) => put(inside, table, nameOf, rows, removed)),
    open: async (id) => {
      await transaction(async (inside) => {
        await runAll(inside, sql.beforeOpening);
        await rename(inside, 'arriving_', '');
        await inside(`UPDATE ${marks} SET role = 'arrived' WHERE role = 'arriving' AND id = $1`, [id]);
        await runAll(inside, sql.afterOpening);
      });
      nameOf = namesWith('');
    },
    close: database.close,
  };
}

async function countOf(run: RunText, name: string): Promise<number> {
  const { rows } = await run<{ count: number }>(`SELECT count(*) AS count FROM ${name}`);
  return rows[0]?.count ?? 0;
}

/** Reads in ranges of keys, many of them in one statement; the database digests its rows itself. */
function readerOf({ sql: { sha256, changes } }: CopyDatabase, run: RunText, nameOf: Names): Reader {
  /** One statement for the ranges that have an end, and one for the last range of a table. */
  const over = async <Found extends object>(
    table: CopiedTable,
    ranges: readonly Range[],
    selecting: (where: string) => string,
  ): Promise<readonly Found[]> => {
    const found: Found[] = [];
    for (const isOpen of [false, true]) {
      const some = ranges.filter(({ to }) => (to === undefined) === isOpen);
      if (some.length === 0) continue;
      const { text, where, values } = within(table, some, isOpen);
      found.push(...(await run<Found>(`${text} ${selecting(where)}`, values)).rows);
    }
    return found;
  };
  return {
    boundaries: async (table, from) => {
      const keys = table.key.join(', ');
      const { rows } = await run<Row>(
        `SELECT ${keys} FROM (
           SELECT ${keys}, row_number() OVER (ORDER BY ${keys}) AS n FROM (
             SELECT ${keys} FROM ${nameOf(table)} WHERE (${keys}) >= (${table.key.map((_, n) => `$${String(n + 1)}`).join(', ')})
              ORDER BY ${keys} LIMIT ${String(rowsPerRange * rangesAtOnce + 1)}) AS page) AS numbered
          WHERE n > 1 AND n % ${String(rowsPerRange)} = 1 ORDER BY n`,
        from,
      );
      return rows.map((row) => keyOf(table, row));
    },
    digests: async (table, ranges) => {
      const lines = `coalesce(string_agg(${lineOf(table)}, ';' ORDER BY ${table.key.join(', ')}), '')`;
      const found = await over<{ found: string }>(
        table,
        ranges,
        (where) =>
          `SELECT (SELECT count(*) || ' ' || ${sha256(lines)} FROM ${nameOf(table)} WHERE ${where}) AS found FROM range ORDER BY n`,
      );
      return found.map(({ found: text }) => {
        const [rows = '', digest = ''] = text.split(' ');
        return { rows: Number(rows), digest };
      });
    },
    // A cross join keeps SQLite from reading the whole table first.
    rows: (table, ranges) =>
      over<Row>(
        table,
        ranges,
        (where) =>
          `SELECT ${Object.keys(table.columns).join(', ')} FROM range CROSS JOIN ${nameOf(table)} WHERE ${where}`,
      ),
    ...(changes && {
      changes: {
        moment: async () => (await run<{ moment: string }>(changes.moment)).rows[0]?.moment ?? '',
        since: async (table, moment) => {
          const rows = await countOf(run, nameOf(table));
          const text = `SELECT ${table.key.join(', ')} FROM ${nameOf(table)} WHERE ${changes.isSince}`;
          return { keys: (await run<Row>(text, [moment])).rows.map((row) => keyOf(table, row)), rows };
        },
      },
    }),
  };
}

/** The bounds of the ranges as a table, and the condition for a row to be in one of them. */
function within({ key, columns }: CopiedTable, ranges: readonly Range[], isOpen: boolean) {
  const sides = isOpen ? (['from'] as const) : (['from', 'to'] as const);
  const names = sides.flatMap((side) => key.map((name) => `${side}_${name}`));
  const types = sides.flatMap(() => key.map((name) => (columns[name] === 'text' ? 'text' : 'bigint')));
  const bounds = ranges.map((_, n) => {
    const casts = types.map((type, index) => `CAST($${String(n * types.length + index + 1)} AS ${type})`);
    return `(${String(n)}, ${casts.join(', ')})`;
  });
  const compared = (operator: string, side: string): string =>
    `(${key.join(', ')}) ${operator} (${key.map((name) => `${side}_${name}`).join(', ')})`;
  return {
    text: `WITH range (n, ${names.join(', ')}) AS (VALUES ${bounds.join(', ')})`,
    where: isOpen ? compared('>=', 'from') : `${compared('>=', 'from')} AND ${compared('<', 'to')}`,
    values: ranges.flatMap((range) => sides.flatMap((side) => range[side] ?? [])),
  };
}
