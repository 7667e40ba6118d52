// Reads a PostgreSQL database in ranges of keys, many of them in one statement; the server digests its rows itself.
import type { Run } from '../postgres/connections.ts';
import { rangesAtOnce, rowsPerRange, type Digest, type Range, type Reader } from './ends.ts';
import { lineOf, type CopiedTable, type Row, type Value } from './tables.ts';

/** @param nameOf under which name a table is found at the moment */
export function postgresReader(run: Run, nameOf: (table: CopiedTable) => Promise<string>): Reader {
  /** One statement for the ranges that have an end, and one for the last one of a table. */
  const over = async <Found extends Record<string, unknown>>(
    table: CopiedTable,
    ranges: readonly Range[],
    selected: (where: string, name: string) => string,
  ): Promise<readonly Found[]> => {
    const name = await nameOf(table);
    const ending = ranges.filter(({ to }) => to !== undefined);
    const open = ranges.filter(({ to }) => to === undefined);
    const found: Found[] = [];
    for (const each of [ending, open]) {
      if (each.length === 0) continue;
      const { text, values } = within(table, each);
      const where = `${compared(table, '>=', 'lower')}${each === ending ? ` AND ${compared(table, '<', 'upper')}` : ''}`;
      const { rows } = await run<Found>(
        { text: `SELECT found.* FROM ${text} CROSS JOIN LATERAL (${selected(where, name)}) AS found ORDER BY range.n` },
        values,
      );
      found.push(...rows);
    }
    return found;
  };

  return {
    boundaries: async (table, from) => {
      const keys = table.key.join(', ');
      const marks = table.key.map((_, index) => `$${String(index + 1)}`).join(', ');
      const { rows } = await run<Record<string, Value>>(
        {
          text: `SELECT ${keys} FROM (
                   SELECT ${keys}, row_number() OVER (ORDER BY ${keys}) AS n FROM (
                     SELECT ${keys} FROM ${await nameOf(table)} WHERE (${keys}) >= (${marks})
                      ORDER BY ${keys} LIMIT ${String(rowsPerRange * rangesAtOnce + 1)}) AS page) AS numbered
                  WHERE n > 1 AND n % ${String(rowsPerRange)} = 1 ORDER BY n`,
        },
        from,
      );
      return rows.map((row) => table.key.map((name): Value => row[name] ?? null));
    },
    digests: (table, ranges) =>
      over<Digest & Record<string, unknown>>(
        table,
        ranges,
        (where, name) =>
          `SELECT count(*) AS rows, encode(sha256(convert_to(
                    coalesce(string_agg(${lineOf(table)}, ';' ORDER BY ${table.key.join(', ')}), ''), 'UTF8')), 'hex') AS digest
             FROM ${name} WHERE ${where}`,
      ),
    rows: (table, ranges) =>
      over<Row & Record<string, unknown>>(
        table,
        ranges,
        (where, name) => `SELECT ${Object.keys(table.columns).join(', ')} FROM ${name} WHERE ${where}`,
      ),
    // Every version of a row bears the transaction that has made it; whatever was not over at the moment counts as new.
    changes: {
      moment: async () => {
        const { rows } = await run<{ moment: string }>({
          text: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text AS moment',
        });
        return rows[0]?.moment ?? '';
      },
      since: async (table, moment) => {
        const name = await nameOf(table);
        const counted = await run<{ count: number }>({ text: `SELECT count(*) AS count FROM ${name}` });
        const { rows } = await run<Record<string, Value>>(
          { text: `SELECT ${table.key.join(', ')} FROM ${name} WHERE age(xmin) <= age($1::xid)` },
          [moment],
        );
        return {
          keys: rows.map((row) => table.key.map((column): Value => row[column] ?? null)),
          rows: counted.rows[0]?.count ?? 0,
        };
      },
    },
  };
}

/** Arrays of the ranges' bounds, a column of the key each. */
function within({ key, columns }: CopiedTable, ranges: readonly Range[]): { text: string; values: unknown[] } {
  const isOpen = ranges[0]?.to === undefined;
  const sides = isOpen ? (['lower'] as const) : (['lower', 'upper'] as const);
  const names: string[] = [];
  const arrays: string[] = [];
  const values: unknown[] = [];
  for (const side of sides) {
    for (const [index, name] of key.entries()) {
      values.push(ranges.map(({ from, to }) => (side === 'lower' ? from : (to ?? []))[index] ?? null));
      names.push(`${side}_${name}`);
      arrays.push(`$${String(values.length)}::${columns[name] === 'text' ? 'text' : 'bigint'}[]`);
    }
  }
  return { text: `unnest(${arrays.join(', ')}) WITH ORDINALITY AS range (${names.join(', ')}, n)`, values };
}

function compared({ key }: CopiedTable, operator: string, side: string): string {
  return `(${key.join(', ')}) ${operator} (${key.map((name) => `range.${side}_${name}`).join(', ')})`;
}
