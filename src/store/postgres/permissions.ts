// What a server has to be permitted in PostgreSQL, beyond reading.
import { allTables } from '../copy/tables.ts';
import type { Run } from './connections.ts';

/** One sentence for each thing that the role would need and may not do; asked of a transaction that nobody has limited. */
export async function unpermitted(run: Run, place: string): Promise<readonly string[]> {
  const { rows } = await run<Permitted>({ text: permitted });
  const [
    { role, database, reads_only: readsOnly, makes } = { role: '', database: '', reads_only: true, makes: false },
  ] = rows;
  const lacking = await run<{ table: string; privileges: string }>({ text: lacks }, [
    needs.map(({ table }) => table),
    needs.map(({ privilege }) => privilege),
  ]);
  const lacked = lacking.rows.map(({ table, privileges }) => `${privileges} (${table})`).join(', ');
  return [
    ...(readsOnly
      ? [
          `${place} may only be read: default_transaction_read_only is on, in DATABASE_URL, for ${role} or for the database; set it off.`,
        ]
      : []),
    ...(makes
      ? []
      : [`${place} has no schema yet, and ${role} may not make it: GRANT CREATE ON DATABASE ${database} TO ${role}.`]),
    ...(lacked === ''
      ? []
      : [
          `${role} lacks ${lacked} in ${place}: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA refract TO ${role}.`,
        ]),
  ];
}

interface Permitted {
  role: string;
  database: string;
  reads_only: boolean;
  makes: boolean;
  [column: string]: unknown;
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

// A standby only reads as well, which is its nature and no setting. Where somebody has made the schema for us, tables can be
// made in that one.
const permitted = `SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
    current_setting('transaction_read_only') = 'on' AND NOT pg_is_in_recovery() AS reads_only,
    EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'refract')
      OR coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'refract'),
                  has_database_privilege(current_database(), 'CREATE')) AS makes`;

const lacks = `SELECT relname::text AS table, string_agg(privilege, ', ' ORDER BY n) AS privileges
   FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS needed (name, privilege, n)
   JOIN pg_class ON relname = name
   JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = 'refract'
  WHERE NOT has_table_privilege(pg_class.oid, privilege)
  GROUP BY relname ORDER BY min(n)`;
