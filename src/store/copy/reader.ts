// Reads the tables of a copy in ranges of keys, many of them in one statement; the database digests its rows itself.
import type { RunText, Value } from '../sql/operation.ts';
import { keyOf, rowText, type CopiedTable, type Row } from './tables.ts';

export type Key = readonly Value[];

/** Rows of consecutive keys, from `from` and before `to`; without `to`, to the end of the table. */
export interface Range {
  readonly from: Key;
  readonly to: Key | undefined;
}

export interface Digest {
  readonly rows: number;
  /** SHA-256 over the rows in the order of their keys. */
  readonly digest: string;
}

const rowsPerRange = 64;
export const rangesPerStatement = 128;

export type Reader = ReturnType<typeof createReader>;

/** The current name of a table. */
export type NameTable = (table: CopiedTable) => string;

/** Parts of statements that differ between the databases. */
export interface ReaderSql {
  /** The SHA-256 of a text, in hexadecimal digits. */
  readonly sha256: (text: string) => string;
  readonly changes?: { readonly moment: string; readonly isSince: string };
}

export async function countRows(run: RunText, name: string): Promise<number> {
  const { rows } = await run<{ count: number }>(`SELECT count(*) AS count FROM ${name}`);
  return rows[0]?.count ?? 0;
}

export function createReader({ sha256, changes }: ReaderSql, run: RunText, nameTable: NameTable) {
  /** One statement for the ranges that have an end, and one for the last range of a table. */
  const select = async <Found extends object>(
    table: CopiedTable,
    ranges: readonly Range[],
    toStatement: (where: string) => string,
  ): Promise<readonly Found[]> => {
    const found: Found[] = [];
    for (const isOpen of [false, true]) {
      const some = ranges.filter(({ to }) => (to === undefined) === isOpen);
      if (some.length === 0) continue;
      const { text, where, values } = describeRanges(table, some, isOpen);
      found.push(...(await run<Found>(`${text} ${toStatement(where)}`, values)).rows);
    }
    return found;
  };
  return {
    /** Keys at which the next ranges end, `rangesPerStatement` at most; fewer at the end of the table. */
    boundaries: async (table: CopiedTable, from: Key): Promise<readonly Key[]> => {
      const keys = table.key.join(', ');
      const { rows } = await run<Row>(
        `SELECT ${keys} FROM (
           SELECT ${keys}, row_number() OVER (ORDER BY ${keys}) AS n FROM (
             SELECT ${keys} FROM ${nameTable(table)} WHERE (${keys}) >= (${table.key.map((_, n) => `$${String(n + 1)}`).join(', ')})
              ORDER BY ${keys} LIMIT ${String(rowsPerRange * rangesPerStatement + 1)}) AS page) AS numbered
          WHERE n > 1 AND n % ${String(rowsPerRange)} = 1 ORDER BY n`,
        from,
      );
      return rows.map((row) => keyOf(table, row));
    },
    digests: async (table: CopiedTable, ranges: readonly Range[]): Promise<readonly Digest[]> => {
      const lines = `coalesce(string_agg(${rowText(table)}, ';' ORDER BY ${table.key.join(', ')}), '')`;
      const found = await select<{ found: string }>(
        table,
        ranges,
        (where) =>
          `SELECT (SELECT count(*) || ' ' || ${sha256(lines)} FROM ${nameTable(table)} WHERE ${where}) AS found FROM range ORDER BY n`,
      );
      return found.map(({ found: text }) => {
        const [rows = '', digest = ''] = text.split(' ');
        return { rows: Number(rows), digest };
      });
    },
    // A cross join keeps SQLite from reading the whole table first.
    rows: (table: CopiedTable, ranges: readonly Range[]): Promise<readonly Row[]> =>
      select<Row>(
        table,
        ranges,
        (where) =>
          `SELECT ${Object.keys(table.columns).join(', ')} FROM range CROSS JOIN ${nameTable(table)} WHERE ${where}`,
      ),
    /** If the database knows which rows are new, the last pass reads only those. */
    changes: changes && {
      /** A later reader sees all that was committed before it. */
      moment: async () => (await run<{ moment: string }>(changes.moment)).rows[0]?.moment ?? '',
      /** Keys of rows that were added or changed since, perhaps with others; and the number of all rows. */
      since: async (table: CopiedTable, moment: string) => {
        const rows = await countRows(run, nameTable(table));
        const text = `SELECT ${table.key.join(', ')} FROM ${nameTable(table)} WHERE ${changes.isSince}`;
        return { keys: (await run<Row>(text, [moment])).rows.map((row) => keyOf(table, row)), rows };
      },
    },
  };
}

/** SQL of the bounds of the ranges as a table, and the condition for a row to be in one of them. */
function describeRanges({ key, columns }: CopiedTable, ranges: readonly Range[], isOpen: boolean) {
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
