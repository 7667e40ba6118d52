// The schema, as numbered steps; released steps never change. `user_version` counts those that have run.
import type { Database } from 'better-sqlite3';
import { markTable, type Mark } from '../copy/tables.ts';
import { newerSchema, storeError } from '../store.ts';

/** "RFRT", by which a file is known to be ours. */
export const applicationId = 0x52465254;

/** The owner and the version of the schema in a file. */
export interface Schema {
  /** `none`: the file is empty. */
  readonly owner: 'refract' | 'none' | 'other';
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
  // Expired sessions are found without reading active ones. A refresh changes neither column.
  `CREATE INDEX session_by_end ON session (expires_at);
   CREATE INDEX tombstone_by_time ON subject (deleted_at) WHERE deleted_at IS NOT NULL;`,
  // SQLite cannot change a check, so a table with one more state replaces the old one. Of an imported token only a hash
  // is stored, and no longer than its session.
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
  // Each ends with the primary key, and so has the order in which events are read. Events without a session write to
  // two of them alone, at their ends.
  `CREATE INDEX audit_by_session ON audit_event (session_id) WHERE session_id IS NOT NULL;
   CREATE INDEX audit_by_subject ON audit_event (subject_id) WHERE subject_id IS NOT NULL;
   CREATE INDEX audit_by_type ON audit_event (type);
   CREATE INDEX audit_by_contract ON audit_event (contract) WHERE contract IS NOT NULL;`,
];

/** Reads the schema and changes nothing. */
export function readSchema(database: Database): Schema {
  const version = Number(database.pragma('user_version', { simple: true }));
  const id = Number(database.pragma('application_id', { simple: true }));
  const hasTables = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  const isEmpty = id === 0 && version === 0 && !hasTables;
  return { owner: id === applicationId ? 'refract' : isEmpty ? 'none' : 'other', version, known: steps.length };
}

/** @throws RefractError `store` if the file is empty or of another program; its message says what is not done to it */
export function refuseOtherOwner(database: Database, action: string): void {
  const { owner } = readSchema(database);
  if (owner === 'refract') return;
  const what = owner === 'other' ? 'a database of another program' : 'empty';
  throw storeError(`${database.name} is ${what}, and is not ${action}.`);
}

/**
 * Brings the schema up to date in one transaction; of two processes that start at once one waits for the other.
 * @throws RefractError `store` for a database of another program or of a newer Refract
 */
export function migrate(database: Database, file: string): void {
  const isUpToDate = ({ owner, version, known }: Schema) => owner === 'refract' && version === known;
  // Checked without a write lock: a current database can be opened while another process writes to it.
  if (isUpToDate(readSchema(database))) return;
  const bringUpToDate = database.transaction(() => {
    const { owner, version, known } = readSchema(database);
    if (owner === 'other') {
      throw storeError(`${file} is a database of another program; choose another file with --db or REFRACT_DB.`);
    }
    if (version > known) {
      throw storeError(`${newerSchema(file, version, known)}; run the newer release that upgraded it.`);
    }
    for (const step of steps.slice(version)) database.exec(step);
    database.pragma(`application_id = ${String(applicationId)}`);
    database.pragma(`user_version = ${String(known)}`);
  });
  bringUpToDate.immediate();
}

/** Reads the copies in which the file is source or target. */
export function readMarks(database: Database): readonly Mark[] {
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(markTable);
  if (table === undefined) return [];
  return database
    .prepare<[], Mark>(`SELECT role, id, place AS "otherName", at FROM ${markTable} ORDER BY at, id`)
    .all();
}
