// What a server requires of PostgreSQL: what the database must guarantee, and what its role must be permitted.
import { RefractError } from '../../errors.ts';
import { allTables } from '../copy/tables.ts';
import { only, type Connections, type Run } from './connections.ts';

/** @throws RefractError `store` where a guarantee is missing */
export async function checkPromises({ repeatable }: Connections, place: string): Promise<void> {
  const [sentence] = await unmetPromises(repeatable, place);
  if (sentence !== undefined) throw new RefractError('store', sentence);
}

/** One sentence for each missing guarantee: a commit is on disk before the response, and every text comes back as it was. */
export async function unmetPromises(run: Run, place: string): Promise<readonly string[]> {
  const { rows } = await run<{ name: string; setting: string }>(unmet);
  return rows.map(({ name, setting }) =>
    name === 'server_encoding'
      ? `${place} is in ${setting}, which cannot hold every text; make a database in UTF8.`
      : `${place} answers before a commit is on disk (${name} is off), so a crash of it could bring a revoked session back; set ${name} on.`,
  );
}

const unmet = `SELECT name, setting FROM pg_settings
  WHERE (name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off')
     OR (name = 'server_encoding' AND setting <> 'UTF8')
  ORDER BY name`;

/** One sentence for each permission that the role lacks. @param run of a transaction that is not limited to reading */
export async function unpermitted(run: Run, place: string): Promise<readonly string[]> {
  const { rows } = await run<{ role: string; database: string; readsOnly: boolean; makes: boolean }>(permitted);
  const { role, database, readsOnly, makes } = only(rows);
  const lacking = await run<{ table: string; privileges: string }>(lacks, [
    needs.map(({ table }) => table),
    needs.map(({ privilege }) => privilege),
  ]);
  const lacked = lacking.rows.map(({ table, privileges }) => `${privileges} (${table})`).join(', ');
  const sentences: string[] = [];
  if (readsOnly) {
    sentences.push(
      `${place} may only be read: default_transaction_read_only is on, in DATABASE_URL, for ${role} or for the database; set it off.`,
    );
  }
  if (!makes) {
    sentences.push(
      `${place} has no schema yet, and ${role} may not make it: GRANT CREATE ON DATABASE ${database} TO ${role}.`,
    );
  }
  if (lacked !== '') {
    sentences.push(
      `${role} lacks ${lacked} in ${place}: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA refract TO ${role}.`,
    );
  }
  return sentences;
}

/** Rows of these are added and removed, but never changed. */
const unchanging: readonly string[] = ['imported_token', 'audit_event'];

const needs: readonly { readonly table: string; readonly privilege: string }[] = [
  ...allTables.flatMap(({ name: table }) =>
    ['SELECT', 'INSERT', ...(unchanging.includes(table) ? [] : ['UPDATE']), 'DELETE'].map((privilege) => ({
      table,
      privilege,
    })),
  ),
  ...['SELECT', 'UPDATE'].map((privilege) => ({ table: 'schema_version', privilege })),
];

// A standby only reads as well, but that is no setting. Where an administrator has made the schema, tables can be made
// in that one.
const permitted = `SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
    current_setting('transaction_read_only') = 'on' AND NOT pg_is_in_recovery() AS "readsOnly",
    EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'refract')
      OR coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'refract'),
                  has_database_privilege(current_database(), 'CREATE')) AS makes`;

const lacks = `SELECT relname::text AS table, string_agg(privilege, ', ' ORDER BY n) AS privileges
   FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS needed (name, privilege, n)
   JOIN pg_class ON relname = name
   JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = 'refract'
  WHERE NOT has_table_privilege(pg_class.oid, privilege)
  GROUP BY relname ORDER BY min(n)`;
