// What Refract requires of PostgreSQL, and the state of a database for `refract doctor`.
import { isUnavailable } from '../../errors.ts';
import { allTables, refuseCopied } from '../copy/tables.ts';
import { inspectRows, type InspectedRows } from '../sql/key-sets.ts';
import { only, perform } from '../sql/operation.ts';
import { storeError } from '../store.ts';
import { describeAddress } from './address.ts';
import { openConnections, type Connections, type Run } from './connections.ts';
import { readMarks, readSchema, type PostgresSchema } from './migrations.ts';
import { dialect } from './statements.ts';

export interface PostgresInspection extends Server {
  /** One sentence for each missing guarantee. */
  readonly unmet: readonly string[];
  /** One sentence for each missing permission of the role. */
  readonly unpermitted: readonly string[];
  readonly schema: PostgresSchema;
  /** `undefined` if there is no schema, or one that this release cannot work with. */
  readonly rows: InspectedRows | undefined;
}

interface Server {
  readonly version: string;
  /** It only follows another server, and accepts no writes. */
  readonly isStandby: boolean;
  /** Whether a commit waits for a standby as well. */
  readonly waitsForStandby: boolean;
  readonly isEncrypted: boolean;
  /** Its clock, in seconds. */
  readonly now: number;
}

/** Reads the state of a database and changes nothing. @throws RefractError `store` if it cannot be read */
export function inspectPostgres(url: string): Promise<PostgresInspection> {
  return useDatabase({ url, poolSize: 1, acceptsStandby: true }, async (connections, name) => {
    const inspection = await connections.transaction(async (run) => {
      refuseCopied(name, await readMarks(run), true);
      return inspect(run, name);
    });
    await connections.close();
    return inspection;
  });
}

/** Opens connections, and closes them if `use` throws. @throws RefractError `store` in place of `unavailable` */
export async function useDatabase<T>(
  { url, poolSize, acceptsStandby }: { url: string; poolSize: number; acceptsStandby?: boolean },
  use: (connections: Connections, name: string) => Promise<T>,
): Promise<T> {
  const name = describeAddress(url);
  const connections = openConnections(url, poolSize, acceptsStandby);
  try {
    return await use(connections, name);
  } catch (reason) {
    await connections.close();
    throw isUnavailable(reason) ? storeError(`The database ${name} cannot be used: ${reason.message}.`) : reason;
  }
}

async function inspect(run: Run, name: string): Promise<PostgresInspection> {
  // Before the transaction is limited to reading.
  const unpermitted = await findUnpermitted(run, name);
  await run('SET TRANSACTION READ ONLY');
  const server = only((await run<Server>(selectServer)).rows);
  const schema = await readSchema(run, name);
  const isReadable = schema.version > 0 && schema.worksWith <= schema.known && schema.unfit === undefined;
  const unmet = await findUnmet(run, name);
  return {
    ...server,
    unmet,
    unpermitted,
    schema,
    rows: isReadable ? await perform(inspectRows(dialect), run) : undefined,
  };
}

const selectServer = `SELECT current_setting('server_version') AS version,
    pg_is_in_recovery() AS "isStandby",
    current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') <> 'local'
      AS "waitsForStandby",
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
    floor(extract(epoch FROM clock_timestamp()))::bigint AS now`;

/** @throws RefractError `store` if a guarantee is missing */
export async function checkGuarantees({ repeatable }: Connections, name: string): Promise<void> {
  const [sentence] = await findUnmet(repeatable, name);
  if (sentence !== undefined) throw storeError(sentence);
}

/** Guarantees: a commit is on disk before its response, and every text is stored unchanged. */
async function findUnmet(run: Run, name: string): Promise<readonly string[]> {
  const { rows } = await run<{ setting: string; value: string }>(
    `SELECT name AS setting, setting AS value FROM pg_settings
      WHERE (name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off')
         OR (name = 'server_encoding' AND setting <> 'UTF8')
      ORDER BY name`,
  );
  return rows.map(({ setting, value }) =>
    setting === 'server_encoding'
      ? `${name} is in ${value}, which cannot hold every text; create a database in UTF8.`
      : `${name} may lose revocations in a crash, since ${setting} is off; set ${setting} on.`,
  );
}

/** @param run of a transaction that is not limited to reading */
async function findUnpermitted(run: Run, name: string): Promise<readonly string[]> {
  const found = await run<{ role: string; database: string; isReadOnly: boolean; canCreate: boolean }>(selectRole);
  const { role, database, isReadOnly, canCreate } = only(found.rows);
  const lacking = await run<{ table: string; privileges: string }>(selectLacking, [
    needed.map(({ table }) => table),
    needed.map(({ privilege }) => privilege),
  ]);
  const lacked = lacking.rows.map(({ table, privileges }) => `${privileges} (${table})`).join(', ');
  const readOnly = `${name} is read-only for ${role}: default_transaction_read_only is on; set it off.`;
  const schema = `${name} has no schema yet: GRANT CREATE ON DATABASE ${database} TO ${role}.`;
  const grant = `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA refract TO ${role}.`;
  return [
    ...(isReadOnly ? [readOnly] : []),
    ...(canCreate ? [] : [schema]),
    ...(lacked === '' ? [] : [`${role} lacks ${lacked} in ${name}: ${grant}`]),
  ];
}

/** Rows of these tables are added and removed, but never changed. */
const immutable: readonly string[] = ['imported_token', 'audit_event'];

const needed: readonly { readonly table: string; readonly privilege: string }[] = [
  ...allTables.flatMap(({ name: table }) =>
    ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((privilege) => ({ table, privilege })),
  ),
  ...['SELECT', 'UPDATE'].map((privilege) => ({ table: 'schema_version', privilege })),
].filter(({ table, privilege }) => privilege !== 'UPDATE' || !immutable.includes(table));

// A standby is read-only too, but not by a setting. If an administrator has created the schema, CREATE on it is needed.
const selectRole = `SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
    current_setting('transaction_read_only') = 'on' AND NOT pg_is_in_recovery() AS "isReadOnly",
    EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'refract')
      OR coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'refract'),
                  has_database_privilege(current_database(), 'CREATE')) AS "canCreate"`;

const selectLacking = `SELECT relname::text AS table, string_agg(privilege, ', ' ORDER BY n) AS privileges
   FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS needed (name, privilege, n)
   JOIN pg_class ON relname = name
   JOIN pg_namespace ON pg_namespace.oid = relnamespace AND nspname = 'refract'
  WHERE NOT has_table_privilege(pg_class.oid, privilege)
  GROUP BY relname ORDER BY min(n)`;
