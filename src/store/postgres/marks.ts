// What a PostgreSQL database knows of copies.
import { markTable, type Mark } from '../copy/mark.ts';
import type { Run } from './connections.ts';

export async function marksIn(run: Run): Promise<readonly Mark[]> {
  const found = await run<{ there: boolean }>({ text: isThere }, [markTable]);
  if (found.rows[0]?.there !== true) return [];
  const { rows } = await run<Mark & Record<string, unknown>>({
    text: `SELECT role, id, place, at FROM refract.${markTable} ORDER BY at, id`,
  });
  return rows;
}

// Of the catalog's rows, as those of the schema's version.
const isThere = `SELECT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                                 WHERE nspname = 'refract' AND relname = $1) AS there`;
