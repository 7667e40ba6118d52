// The schema, as numbered steps that are only ever added to. `user_version` counts those that have run.
import type { Database } from 'better-sqlite3';
import { RefractError } from '../../errors.ts';

/** "RFRT": tells our file from any other SQLite file. */
export const applicationId = 0x52465254;

/** Whose a file is, and which schema it has. */
export interface Schema {
  readonly owner: 'refract' | 'nobody' | 'other';
  readonly version: number;
  /** The version that this release works with. */
  readonly known: number;
}

const steps: readonly string[] = [
  `CREATE TABLE subject (
     id                 TEXT PRIMARY KEY,
     credential_version TEXT NOT NULL,
     email              TEXT,
     account            TEXT,
     role               TEXT,
     disabled_at        INTEGER,
     deleted_at         INTEGER
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE session (
     id                 TEXT PRIMARY KEY,
     contract           TEXT NOT NULL,
     policy             TEXT NOT NULL CHECK (policy IN ('single-use', 'reusable', 'static')),
     subject_id         TEXT NOT NULL,
     credential_version TEXT NOT NULL,
     generation         INTEGER NOT NULL CHECK (generation >= 0),
     rotated_at         INTEGER NOT NULL,
     key_id             TEXT NOT NULL,
     created_at         INTEGER NOT NULL,
     expires_at         INTEGER NOT NULL,
     revoked_at         INTEGER,
     revoked_reason     TEXT,
     label              TEXT,
     CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX session_by_subject ON session (subject_id);

   CREATE TABLE key_set (
     id         TEXT PRIMARY KEY,
     contract   TEXT NOT NULL,
     state      TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired')),
     sealed     TEXT NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE UNIQUE INDEX one_active_key_set ON key_set (contract) WHERE state = 'active';`,

  `ALTER TABLE key_set ADD COLUMN retired_at INTEGER CHECK ((retired_at IS NULL) = (state <> 'retired'));
   CREATE UNIQUE INDEX one_next_key_set ON key_set (contract) WHERE state = 'next';`,

  `CREATE TABLE audit_event (
     at         INTEGER NOT NULL,
     id         TEXT NOT NULL,
     type       TEXT NOT NULL,
     contract   TEXT,
     subject_id TEXT,
     session_id TEXT,
     reason     TEXT,
     request_id TEXT,
     address    TEXT,
     user_agent TEXT,
     actor      TEXT,
     PRIMARY KEY (at, id)
   ) STRICT, WITHOUT ROWID;`,
  // What is over is found without looking at what lives. A refresh changes neither column.
  `CREATE INDEX session_by_end ON session (expires_at);
   CREATE INDEX tombstone_by_time ON subject (deleted_at) WHERE deleted_at IS NOT NULL;`,
  // A check cannot be changed, so the table with one more state takes the place of the one before. Of an imported token
  // only a hash is kept, and no longer than its session.
  `CREATE TABLE key_set_anew (
     id         TEXT PRIMARY KEY,
     contract   TEXT NOT NULL,
     state      TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired', 'legacy')),
     sealed     TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     retired_at INTEGER CHECK ((retired_at IS NULL) = (state <> 'retired'))
   ) STRICT, WITHOUT ROWID;
   INSERT INTO key_set_anew (id, contract, state, sealed, created_at, retired_at)
   SELECT id, contract, state, sealed, created_at, retired_at FROM key_set;
   DROP TABLE key_set;
   ALTER TABLE key_set_anew RENAME TO key_set;
   CREATE UNIQUE INDEX one_active_key_set ON key_set (contract) WHERE state = 'active';
   CREATE UNIQUE INDEX one_next_key_set ON key_set (contract) WHERE state = 'next';

   CREATE TABLE imported_token (
     contract   TEXT NOT NULL,
     hash       TEXT NOT NULL,
     session_id TEXT NOT NULL UNIQUE,
     issued_at  INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     PRIMARY KEY (contract, hash)
   ) STRICT, WITHOUT ROWID;
   CREATE TRIGGER forget_imported_token AFTER DELETE ON session
   BEGIN
     DELETE FROM imported_token WHERE session_id = OLD.id;
   END;`,
  // Each ends with the primary key, and so is in the order in which events are read. A flood of tokens that prove no
  // session writes to two of them alone, at whose ends it is appended.
  `CREATE INDEX audit_by_session ON audit_event (session_id) WHERE session_id IS NOT NULL;
   CREATE INDEX audit_by_subject ON audit_event (subject_id) WHERE subject_id IS NOT NULL;
   CREATE INDEX audit_by_type ON audit_event (type);
   CREATE INDEX audit_by_contract ON audit_event (contract) WHERE contract IS NOT NULL;`,
];

/** Only looks. `nobody`: nothing was ever written to it. */
export function schemaOf(database: Database): Schema {
  const version = numberOf(database, 'user_version');
  const id = numberOf(database, 'application_id');
  const isNew = id === 0 && version === 0 && !hasTables(database);
  return { owner: id === applicationId ? 'refract' : isNew ? 'nobody' : 'other', version, known: steps.length };
}

/**
 * Brings the schema up to date, in one transaction; of two processes that start at once one waits for the other.
 * @throws RefractError `store` for a database of another program or of a newer Refract
 */
export function migrate(database: Database, file: string): void {
  const isUpToDate = ({ owner, version, known }: Schema) => owner === 'refract' && version === known;
  // Only looked at: a database that is up to date can be opened while another process writes to it.
  if (isUpToDate(schemaOf(database))) return;
  const bringUpToDate = database.transaction(() => {
    const { owner, version, known } = schemaOf(database);
    if (owner === 'other') {
      throw new RefractError(
        'store',
        `${file} is a database of another program; choose another file with --db or REFRACT_DB.`,
      );
    }
    if (version > known) {
      throw new RefractError(
        'store',
        `${file} has schema ${String(version)}, and this Refract knows schemas up to ${String(known)}; run the newer release that upgraded it.`,
      );
    }
    for (const step of steps.slice(version)) database.exec(step);
    database.pragma(`application_id = ${String(applicationId)}`);
    database.pragma(`user_version = ${String(known)}`);
  });
  bringUpToDate.immediate();
}

function numberOf(database: Database, pragma: string): number {
  return Number(database.pragma(pragma, { simple: true }));
}

function hasTables(database: Database): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}
