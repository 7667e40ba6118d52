// Revocations since a backup, which restoring it would undo, and how the backup takes them over.
//
// One connection sees both: `main` is the database that is replaced, `backup` the one that replaces it.
import type { Database } from 'better-sqlite3';

/** Ids by what happened to them since the backup. */
export interface Forgotten {
  /** Active sessions of the backup that are revoked in the replaced database. */
  readonly revokedSessions: readonly string[];
  readonly disabledSubjects: readonly string[];
  readonly deletedSubjects: readonly string[];
  /** Subjects with a new credential version: their older sessions are stale. */
  readonly changedCredentials: readonly string[];
  /** Key sets of the backup that were removed, or replaced because they had leaked. */
  readonly removedKeySets: readonly string[];
}

/** What restoring loses beside that. */
export interface Lost {
  /** Sessions issued since: their tokens will be unknown. */
  readonly newerSessions: number;
  readonly newerSubjects: number;
  /** Sessions refreshed since: unless taken over, tokens that were superseded since would be accepted again. */
  readonly movedSessions: number;
}

/**
 * Whether one can come from the other. Ids of sessions and key sets and credential versions are random: databases that
 * have one in common have a common history.
 */
export function isRelated(both: Database): boolean {
  const related = `SELECT 'related' WHERE
     EXISTS (SELECT 1 FROM backup.session AS b JOIN main.session USING (id))
     OR EXISTS (SELECT 1 FROM backup.key_set AS b JOIN main.key_set USING (id))
     OR EXISTS (SELECT 1 FROM backup.subject AS b JOIN main.subject USING (id, credential_version))`;
  return listed(both, related).length > 0;
}

/** @param now integer seconds since 1970 */
export function forgottenIn(both: Database, now: number): Forgotten {
  const idsOf = (from: string): readonly string[] => listed(both, `SELECT b.id FROM ${from} ORDER BY b.id`);
  return {
    revokedSessions: idsOf(
      `backup.session AS b JOIN main.session AS r USING (id)
        WHERE b.revoked_at IS NULL AND r.revoked_at IS NOT NULL AND b.expires_at > ${String(now)}`,
    ),
    disabledSubjects: idsOf(
      `backup.subject AS b JOIN main.subject AS r USING (id)
        WHERE b.disabled_at IS NULL AND b.deleted_at IS NULL AND r.disabled_at IS NOT NULL`,
    ),
    // A subject that is missing was deleted, and its tombstone purged.
    deletedSubjects: idsOf(
      `backup.subject AS b LEFT JOIN main.subject AS r USING (id)
        WHERE b.deleted_at IS NULL AND (r.id IS NULL OR r.deleted_at IS NOT NULL)`,
    ),
    changedCredentials: idsOf(
      `backup.subject AS b JOIN main.subject AS r USING (id)
        WHERE b.deleted_at IS NULL AND r.deleted_at IS NULL AND r.credential_version <> b.credential_version`,
    ),
    removedKeySets: idsOf('backup.key_set AS b LEFT JOIN main.key_set AS r USING (id) WHERE r.id IS NULL'),
  };
}

export function isNothing(forgotten: Forgotten): boolean {
  return Object.values(forgotten).every((ids: readonly string[]) => ids.length === 0);
}

export function lostIn(both: Database): Lost {
  return {
    newerSessions: counted(both, 'main.session WHERE id NOT IN (SELECT id FROM backup.session)'),
    newerSubjects: counted(both, 'main.subject WHERE deleted_at IS NULL AND id NOT IN (SELECT id FROM backup.subject)'),
    movedSessions: counted(both, `main.session AS r JOIN backup.session AS b USING (id) WHERE ${hasMoved}`),
  };
}

/** Brings into the backup what the replaced database refuses. @param now integer seconds since 1970 */
export function takeOver(both: Database, now: number): void {
  both.transaction(() => {
    // The audit trail is append-only: later events stay.
    both.exec('INSERT OR IGNORE INTO backup.audit_event SELECT * FROM main.audit_event');
    for (const statement of takingOver) both.prepare<[object]>(statement).run(/[$]now/.test(statement) ? { now } : {});
    // Keys as they are now: leaked ones stay removed, published ones stay, all under the current master secret.
    if (counted(both, 'main.key_set') === 0) return;
    both.exec(
      `DELETE FROM backup.key_set;
       INSERT INTO backup.key_set (id, contract, state, sealed, created_at, retired_at)
       SELECT id, contract, state, sealed, created_at, retired_at FROM main.key_set`,
    );
  })();
}

const hasMoved = '(r.generation > b.generation OR r.rotated_at > b.rotated_at)';

const takingOver: readonly string[] = [
  `UPDATE backup.session AS b SET revoked_at = r.revoked_at, revoked_reason = r.revoked_reason
     FROM main.session AS r
    WHERE r.id = b.id AND b.revoked_at IS NULL AND r.revoked_at IS NOT NULL`,
  `UPDATE backup.session AS b SET generation = r.generation, rotated_at = r.rotated_at, key_id = r.key_id
     FROM main.session AS r
    WHERE r.id = b.id AND ${hasMoved}`,
  `UPDATE backup.subject AS b SET credential_version = r.credential_version
     FROM main.subject AS r
    WHERE r.id = b.id AND b.deleted_at IS NULL`,
  `UPDATE backup.subject AS b SET disabled_at = r.disabled_at
     FROM main.subject AS r
    WHERE r.id = b.id AND b.deleted_at IS NULL AND b.disabled_at IS NULL AND r.disabled_at IS NOT NULL`,
  // A tombstone has its id and a time only.
  `UPDATE backup.subject AS b
      SET deleted_at = coalesce((SELECT deleted_at FROM main.subject AS r WHERE r.id = b.id), $now),
          email = NULL, account = NULL, role = NULL, disabled_at = NULL
    WHERE b.deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM main.subject AS r WHERE r.id = b.id AND r.deleted_at IS NULL)`,
];

function listed(both: Database, sql: string): readonly string[] {
  // Each statement selects one column of texts.
  return both.prepare(sql).pluck().all() as string[];
}

function counted(both: Database, from: string): number {
  // A count is a number.
  return both.prepare(`SELECT count(*) FROM ${from}`).pluck().get() as number;
}
