// What PostgreSQL has in the schema `refract`, held against what has to be there: somebody else's tables are not taken
// for ours, and ours not for whole where a part of them is gone.
import { allTables } from '../copy/tables.ts';
import type { Run } from './connections.ts';

/** The columns of each table and view; and `now()`, the clock, which has none. */
export type SchemaContents = ReadonlyMap<string, ReadonlySet<string>>;

/** What extensions have put there is nobody's. */
export async function contentsOf(run: Run): Promise<SchemaContents> {
  const { rows } = await run<{ name: string; columns: readonly string[] }>({ text: everything });
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]));
}

/** The table in which a schema of ours says which one it is. */
export function hasVersion(contents: SchemaContents): boolean {
  const found = contents.get('schema_version');
  return found?.has('version') === true && found.has('works_with');
}

/** What has to be there and is not, as a list for whoever reads; none where all is. */
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

/** Under which a copy keeps them meanwhile. */
const prefixes = ['', 'arriving_', 'copied_'];
const clock = 'now()';

// Of the catalog's rows: to_regclass answers from a cache that has not heard yet of whoever held the lock before.
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
