// The schema in PostgreSQL, as numbered steps that are only ever added to.
//
// Instances of two releases work side by side while an upgrade rolls through: the newer one migrates, and the older one
// goes on, since every statement names its columns and every step says down to which schema a release can be and still
// work with what it leaves behind.
import { isUnavailable, RefractError } from '../../errors.ts';
import type { Connections, Run } from './connections.ts';
import { contentsOf, hasVersion, missingIn } from './contents.ts';

interface Step {
  readonly sql: string;
  /** The oldest schema whose releases can work beside this one. */
  readonly worksWith: number;
}

// Texts are compared byte by byte, as SQLite and JavaScript's own order of ASCII do, whatever the database's locale is.
const steps: readonly Step[] = [
  {
    worksWith: 1,
    sql: `
-- Where somebody has made it for us, we need not be allowed to make one.
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

-- A refresh changes no column that an index has, so with room on its page it touches no index (HOT).
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
-- A page by any filter reads what it shows; events of tokens that prove no session are in neither of the first two.
CREATE INDEX audit_by_session ON refract.audit_event (session_id, at, id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_by_subject ON refract.audit_event (subject_id, at, id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_by_type ON refract.audit_event (type, at, id);
CREATE INDEX audit_by_contract ON refract.audit_event (contract, at, id) WHERE contract IS NOT NULL;`,
  },
];

/** "RFRT", in the key of every advisory lock. */
export const lockSpace = 0x52465254;
const migrationLock = 1;

/** Whose a database is, and which schema it has. */
export interface PostgresSchema {
  /** 0 where there is none. */
  readonly version: number;
  /** The oldest schema whose releases can work with it. */
  readonly worksWith: number;
  /** The schema of this release. */
  readonly known: number;
  /** One sentence where nobody can work with it: it is not ours, or no longer whole. */
  readonly unfit: string | undefined;
}

/** Only looks. @param place as it may be printed */
export async function schemaOf(run: Run, place: string): Promise<PostgresSchema> {
  const known = steps.length;
  const none = { version: 0, worksWith: 0, known };
  const contents = await contentsOf(run);
  if (contents.size === 0) return { ...none, unfit: undefined };
  const { rows } = hasVersion(contents) ? await run<Version>({ text: readVersion }) : { rows: [] };
  const [{ version, works_with: worksWith } = { version: 0, works_with: 0 }] = rows;
  if (!(version >= 1)) {
    const names = [...contents.keys()].slice(0, 5).join(', ');
    return {
      ...none,
      unfit: `${place} has a schema refract that is not ours (it holds ${names}); name another database, or take that schema away.`,
    };
  }
  // What a step is yet to make cannot be there.
  const missing = version >= known ? missingIn(contents) : [];
  const unfit = `The schema refract of ${place} is not whole: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} gone; restore a backup.`;
  return { version, worksWith, known, unfit: missing.length === 0 ? undefined : unfit };
}

interface Version {
  version: number;
  works_with: number;
  [column: string]: unknown;
}

const readVersion = 'SELECT version, works_with FROM refract.schema_version';

/**
 * Brings the schema up to date, all of it or nothing; of instances that start at once one does it and the others wait.
 * @throws RefractError `store` for a schema that this release cannot work with, or that is not ours
 */
export async function migrate({ repeatable, transaction }: Connections, place: string): Promise<void> {
  const found = await schemaOf(repeatable, place);
  if (isFit(found, place)) return;
  await transaction(async (run) => {
    // For as long as another instance migrates; for a table that is in use no longer than those who use it can wait.
    await run({ text: 'SET LOCAL lock_timeout = 0' });
    await run({ text: 'SELECT pg_advisory_xact_lock($1, $2)' }, [lockSpace, migrationLock]);
    await run({ text: 'SET LOCAL lock_timeout TO DEFAULT' });
    const schema = await schemaOf(run, place);
    if (isFit(schema, place)) return;
    for (const { sql } of steps.slice(schema.version)) await run({ text: sql });
    const worksWith = Math.max(...steps.map((step) => step.worksWith));
    await run({ text: 'UPDATE refract.schema_version SET version = $1, works_with = $2' }, [steps.length, worksWith]);
  }).catch((reason: unknown) => {
    if (isUnavailable(reason))
      throw new RefractError('store', `The schema of ${place} cannot be made: ${reason.message}.`);
    throw reason;
  });
}

/** Whether it needs no step. @throws RefractError `store` for one that is too new, not ours or not whole */
function isFit({ version, worksWith, known, unfit }: PostgresSchema, place: string): boolean {
  if (worksWith > known) {
    throw new RefractError(
      'store',
      `${place} has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}; run the newer release that upgraded it.`,
    );
  }
  if (unfit !== undefined) throw new RefractError('store', unfit);
  return version >= known;
}
