// Reads a SQLite file in ranges of keys. Every statement is short, so that no server waits and no log grows behind it.
import type { Database, Statement } from 'better-sqlite3';
import { hash } from 'node:crypto';
import { rangesAtOnce, rowsPerRange, type Digest, type Key, type Range, type Reader } from './ends.ts';
import { lineOf, type CopiedTable, type Row, type Value } from './tables.ts';

/** @param nameOf under which name a table is found at the moment */
export function sqliteReader(database: Database, nameOf: (table: CopiedTable) => string): Reader {
  const prepared = new Map<string, Statement<Value[], Row>>();
  const statement = (sql: string): Statement<Value[], Row> => {
    const known = prepared.get(sql) ?? database.prepare<Value[], Row>(sql);
    prepared.set(sql, known);
    return known;
  };
  const within = ({ key }: CopiedTable, { from, to }: Range): { where: string; values: Value[] } => {
    const keys = `(${key.join(', ')})`;
    const marks = `(${key.map(() => '?').join(', ')})`;
    const where = `${keys} >= ${marks}${to === undefined ? '' : ` AND ${keys} < ${marks}`}`;
    return { where, values: [...from, ...(to ?? [])] };
  };

  return {
    boundaries: (table, from) => {
      const keys = table.key.join(', ');
      const bounds: Key[] = [];
      for (let start = from; bounds.length < rangesAtOnce;) {
        const { where, values } = within(table, { from: start, to: undefined });
        const row = statement(
          `SELECT ${keys} FROM ${nameOf(table)} WHERE ${where} ORDER BY ${keys} LIMIT 1 OFFSET ${String(rowsPerRange)}`,
        ).get(...values);
        if (row === undefined) break;
        start = table.key.map((name) => row[name] ?? null);
        bounds.push(start);
      }
      return Promise.resolve(bounds);
    },
    digests: (table, ranges) =>
      Promise.resolve(
        ranges.map((range): Digest => {
          const { where, values } = within(table, range);
          const found = statement(
            `SELECT count(*) AS rows, coalesce(group_concat(${lineOf(table)}, ';' ORDER BY ${table.key.join(', ')}), '') AS lines
               FROM ${nameOf(table)} WHERE ${where}`,
          ).get(...values);
          return { rows: Number(found?.['rows']), digest: hash('sha256', String(found?.['lines'])) };
        }),
      ),
    rows: (table, ranges) =>
      Promise.resolve(
        ranges.flatMap((range) => {
          const { where, values } = within(table, range);
          return statement(`SELECT ${Object.keys(table.columns).join(', ')} FROM ${nameOf(table)} WHERE ${where}`).all(
            ...values,
          );
        }),
      ),
  };
}
