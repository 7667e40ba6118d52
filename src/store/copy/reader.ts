// Reads the tables of a copy in ranges of keys, many of them in one statement; the database digests its rows itself.
import { keyOf, lineOf, type CopiedTable, type Row, type Value } from './tables.ts';

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

/** Runs a statement, with its values as $1, $2 and so on. */
export type RunText = <Found extends object>(
  text: string,
  values?: readonly Value[],
) => Promise<{ readonly rows: readonly Found[] }>;

/** Under which name a table is found at the moment. */
export type Names = (table: CopiedTable) => string;

/** Parts of statements that differ between the databases. */
export interface ReaderSql {
  /** The SHA-256 of a text in hexadecimal digits. */
  readonly sha256: (text: string) => string;
  readonly changes?: { readonly moment: string; readonly isSince: string };
}

export async function countOf(run: RunText, name: string): Promise<number> {
  const { rows } = await run<{ count: number }>(`SELECT count(*) AS count FROM ${name}`);
  return rows[0]?.count ?? 0;
}

export function readerOf({ sha256, changes }: ReaderSql, run: RunText, nameOf: Names): Reader {
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
