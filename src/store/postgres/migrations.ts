// The schema in PostgreSQL, as numbered steps; released steps never change.
//
// Instances of two releases work side by side during an upgrade: every statement names its columns, and every step names
// the oldest schema whose releases can work with its result.
import { isUnavailable } from '../../errors.ts';
import { allTables, markTable, type Mark } from '../copy/tables.ts';
import { only, type RunText } from '../sql/operation.ts';
import { newerSchema, storeError } from '../store.ts';
import type { Connections, Run } from './connections.ts';

interface Step {
  readonly sql: string;
  /** The oldest schema whose releases can work beside this one. */
  readonly worksWith: number;
}

// Texts are compared byte by byte, as in SQLite and JavaScript, independent of the locale of the database.
const steps: readonly Step[] = [
  {
    worksWith: 1,
    sql: `
-- If an administrator has created it, no permission to create one is needed.
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'refract') THEN CREATE SCHEMA refract; END IF;
END $$;

-- The one clock of all instances.
CREATE FUNCTION refract.now() RETURNS bigint LANGUAGE sql
  AS 'SELECT floor(extract(epoch FROM clock_timestamp()))::bigint';

CREATE TABLE refract.schema_version (
  version    bigint NOT NULL,
  works_with bigint NOT NULL
);
INSERT INTO refract.schema_version VALUES (0, 0);

CREATE TABLE refract.subject (
  id                 text COLLATE "C" PRIMARY KEY,
  credential_version text NOT NULL,
  email              text,
  account            text,
  role               text,
  disabled_at        bigint,
  deleted_at         bigint
);
CREATE INDEX tombstone_by_time ON refract.subject (deleted_at) WHERE deleted_at IS NOT NULL;

-- A refresh changes no indexed column, so with room on its page it writes to no index (HOT).
CREATE TABLE refract.session (
  id                 text COLLATE "C" PRIMARY KEY,
  contract           text NOT NULL,
  policy             text NOT NULL CHECK (policy IN ('single-use', 'reusable', 'static')),
  subject_id         text COLLATE "C" NOT NULL,
  credential_version text NOT NULL,
  generation         bigint NOT NULL CHECK (generation >= 0),
  rotated_at         bigint NOT NULL,
  key_id             text NOT NULL,
  created_at         bigint NOT NULL,
  expires_at         bigint NOT NULL,
  revoked_at         bigint,
  revoked_reason     text,
  label              text,
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX session_by_subject ON refract.session (subject_id, created_at, id);
CREATE INDEX session_by_end ON refract.session (expires_at);

CREATE TABLE refract.key_set (
  id         text COLLATE "C" PRIMARY KEY,
  contract   text NOT NULL,
  state      text NOT NULL CHECK (state IN ('next', 'active', 'retired', 'legacy')),
  sealed     text NOT NULL,
  created_at bigint NOT NULL,
  retired_at bigint CHECK ((retired_at IS NULL) = (state <> 'retired'))
);
CREATE UNIQUE INDEX one_active_key_set ON refract.key_set (contract) WHERE state = 'active';
CREATE UNIQUE INDEX one_next_key_set ON refract.key_set (contract) WHERE state = 'next';

CREATE TABLE refract.imported_token (
  contract   text COLLATE "C" NOT NULL,
  hash       text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL UNIQUE REFERENCES refract.session ON DELETE CASCADE,
  issued_at  bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (contract, hash)
);

CREATE TABLE refract.audit_event (
  at         bigint NOT NULL,
  id         text COLLATE "C" NOT NULL,
  type       text NOT NULL,
  contract   text,
  subject_id text,
  session_id text,
  reason     text,
  request_id text,
  address    text,
  user_agent text,
  actor      text,
  PRIMARY KEY (at, id)
);
-- A page by any filter reads only its own events; events without a session are in neither of the first two.
CREATE INDEX audit_by_session ON refract.audit_event (session_id, at, id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_by_subject ON refract.audit_event (subject_id, at, id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_by_type ON refract.audit_event (type, at, id);
CREATE INDEX audit_by_contract ON refract.audit_event (contract, at, id) WHERE contract IS NOT NULL;`,
  },
];

/** "RFRT", in the key of every advisory lock. */
export const lockSpace = 0x52465254;
const migrationLock = 1;

/** The schema of a database. */
export interface PostgresSchema {
  /** 0 if there is none. */
  readonly version: number;
  /** The oldest schema whose releases can work with it. */
  readonly worksWith: number;
  /** The schema of this release. */
  readonly known: number;
  /** One sentence if no release can work with it: it is not ours, or a part is missing. */
  readonly unfit: string | undefined;
}

/** Reads the schema and changes nothing. */
export async function readSchema(run: Run, name: string): Promise<PostgresSchema> {
  const known = steps.length;
  const none = { version: 0, worksWith: 0, known };
  const parts = await readParts(run);
  if (parts.size === 0) return { ...none, unfit: undefined };
  const { rows } = hasVersion(parts) ? await run<Version>(readVersion) : { rows: [] };
  const [{ version, worksWith } = none] = rows;
  if (!(version >= 1)) {
    const names = [...parts.keys()].slice(0, 5).join(', ');
    const unfit = `${name} has a schema refract that is not ours (it holds ${names}); name another database, or remove that schema.`;
    return { ...none, unfit };
  }
  // A pending step has yet to create its part.
  const missing = version >= known ? findMissing(parts) : [];
  const unfit = `The schema refract of ${name} is not complete: it lacks ${missing.join(', ')}; restore a backup.`;
  return { version, worksWith, known, unfit: missing.length === 0 ? undefined : unfit };
}

type Version = Pick<PostgresSchema, 'version' | 'worksWith'>;

const readVersion = 'SELECT version, works_with AS "worksWith" FROM refract.schema_version';

/** The columns of each table and view in the schema; and `now()`, the clock, which has none. */
type Parts = ReadonlyMap<string, ReadonlySet<string>>;

async function readParts(run: Run): Promise<Parts> {
  const { rows } = await run<{ name: string; columns: readonly string[] }>(selectParts);
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]));
}

function hasVersion(parts: Parts): boolean {
  const columns = parts.get('schema_version');
  return columns?.has('version') === true && columns.has('works_with');
}

function findMissing(parts: Parts): readonly string[] {
  const missing = allTables.flatMap(({ name, columns }) => {
    // A copy renames tables for a time.
    const found = ['', 'arriving_', 'copied_'].map((prefix) => parts.get(prefix + name)).find(Boolean);
    if (found === undefined) return [`the table ${name}`];
    return Object.keys(columns)
      .filter((column) => !found.has(column))
      .map((column) => `the column ${column} of ${name}`);
  });
  return parts.has('now()') ? missing : [...missing, 'the function now()'];
}

// From the rows of the catalog: the cache of to_regclass does not yet have what a lock was waited for. Objects of
// extensions are left out.
const selectParts = `SELECT relname::text AS name, array_remove(array_agg(attname::text), NULL) AS columns
   FROM pg_class
   JOIN pg_namespace ON pg_namespace.oid = relnamespace
   LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
  WHERE nspname = 'refract' AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT 1 FROM pg_depend
                     WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
  GROUP BY relname
 UNION ALL
 SELECT 'now()', '{}' FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
  WHERE nspname = 'refract' AND proname = 'now' AND pronargs = 0`;

/**
 * Brings the schema up to date, all or nothing; of instances that start at once one migrates and the others wait.
 * @throws RefractError `store` for a schema that this release cannot work with, or that is not ours
 */
export async function migrate({ repeatable, transaction }: Connections, name: string): Promise<void> {
  if (isCurrent(await readSchema(repeatable, name), name)) return;
  await transaction(async (run) => {
    // Another instance may migrate for long; a table in use is waited for no longer than its users can wait.
    await run('SET LOCAL lock_timeout = 0');
    await run('SELECT pg_advisory_xact_lock($1, $2)', [lockSpace, migrationLock]);
    await run('SET LOCAL lock_timeout TO DEFAULT');
    const schema = await readSchema(run, name);
    if (isCurrent(schema, name)) return;
    for (const { sql } of steps.slice(schema.version)) await run(sql);
    const worksWith = Math.max(...steps.map((step) => step.worksWith));
    await run('UPDATE refract.schema_version SET version = $1, works_with = $2', [steps.length, worksWith]);
  }).catch((reason: unknown) => {
    throw isUnavailable(reason) ? storeError(`The schema of ${name} cannot be created: ${reason.message}.`) : reason;
  });
}

/** Whether it needs no step. @throws RefractError `store` for one that is too new, not ours or not complete */
function isCurrent({ version, worksWith, known, unfit }: PostgresSchema, name: string): boolean {
  if (worksWith > known) {
    throw storeError(`${newerSchema(name, version, known)}; run the newer release that upgraded it.`);
  }
  if (unfit !== undefined) throw storeError(unfit);
  return version >= known;
}

/** Reads the copies in which the database is source or target. */
export async function readMarks(run: RunText): Promise<readonly Mark[]> {
  const { rows } = await run<{ exists: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                     WHERE nspname = 'refract' AND relname = $1) AS exists`,
    [markTable],
  );
  if (!only(rows).exists) return [];
  return (await run<Mark>(`SELECT role, id, place AS "otherName", at FROM refract.${markTable} ORDER BY at, id`)).rows;
}
