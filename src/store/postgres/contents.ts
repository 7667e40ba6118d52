// What PostgreSQL has in the schema `refract`, compared with what must be there: tables of another program are not taken
// for ours, and a schema that lacks a part is not taken for whole.
import { markTable, type Mark } from '../copy/mark.ts';
import type { RunText } from '../copy/reader.ts';
import { allTables } from '../copy/tables.ts';
import { only, type Run } from './connections.ts';

/** The columns of each table and view; and `now()`, the clock, which has none. */
export type SchemaContents = ReadonlyMap<string, ReadonlySet<string>>;

/** Objects of extensions are left out. */
export async function contentsOf(run: Run): Promise<SchemaContents> {
  const { rows } = await run<{ name: string; columns: readonly string[] }>(everything);
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]));
}

/** Whether there is the table in which a schema of ours keeps its version. */
export function hasVersion(contents: SchemaContents): boolean {
  const found = contents.get('schema_version');
  return found?.has('version') === true && found.has('works_with');
}

/** What must be there and is not, in words. */
export function missingIn(contents: SchemaContents): readonly string[] {
  const missing = allTables.flatMap(({ name, columns }) => {
    const found = prefixes.map((prefix) => contents.get(prefix + name)).find((each) => each !== undefined);
    if (found === undefined) return [`the table ${name}`];
    return Object.keys(columns)
      .filter((column) => !found.has(column))
      .map((column) => `the column ${column} of ${name}`);
  });
  return contents.has(clock) ? missing : [...missing, `the function ${clock}`];
}

/** A copy renames tables for a time. */
const prefixes = ['', 'arriving_', 'copied_'];
const clock = 'now()';

// Read from the catalog's rows: to_regclass uses a cache that does not yet know what a lock was waited for.
const everything = `SELECT relname::text AS name, array_remove(array_agg(attname::text), NULL) AS columns
   FROM pg_class
   JOIN pg_namespace ON pg_namespace.oid = relnamespace
   LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
  WHERE nspname = 'refract' AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT 1 FROM pg_depend
                     WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
  GROUP BY relname
 UNION ALL
 SELECT '${clock}', '{}' FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
  WHERE nspname = 'refract' AND proname = 'now' AND pronargs = 0`;

/** The copies that the database has a part in. */
export async function marksIn(run: RunText): Promise<readonly Mark[]> {
  const { rows } = await run<{ there: boolean }>(hasMarks, [markTable]);
  if (!only(rows).there) return [];
  return (await run<Mark>(`SELECT role, id, place, at FROM refract.${markTable} ORDER BY at, id`)).rows;
}

const hasMarks = `SELECT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                                  WHERE nspname = 'refract' AND relname = $1) AS there`;
