// What was shut out since a backup was made and would be let in again by restoring it; and how that is taken over.
//
// One connection sees both: `main` is the database that is replaced, `backup` the one that takes its place.
import type { Database } from 'better-sqlite3';

/** Ids by what happened to them since the backup. */
export interface Forgotten {
  /** Living sessions of the backup that are revoked in the replaced database. */
  readonly revokedSessions: readonly string[];
  readonly disabledSubjects: readonly string[];
  readonly deletedSubjects: readonly string[];
  /** Subjects with another credential version: their older sessions are stale. */
  readonly changedCredentials: readonly string[];
  /** Key sets of the backup that were removed, or replaced because they had leaked. */
  readonly removedKeySets: readonly string[];
}

/** What restoring means beside that. */
export interface Lost {
  /** Sessions issued since; their tokens will be unknown. */
  readonly newerSessions: number;
  readonly newerSubjects: number;
  /** Sessions that moved on since; unless taken over, tokens that were superseded since would be good again. */
  readonly movedSessions: number;
}

/**
 * Whether the one can have come from the other. Ids of sessions and key sets and credential versions are random, so
 * that databases which share one share a history.
 */
export function isRelated(both: Database): boolean {
  return (
    listed(
      both,
      `SELECT 'related' WHERE
         EXISTS (SELECT 1 FROM backup.session AS b JOIN main.session USING (id))
         OR EXISTS (SELECT 1 FROM backup.key_set AS b JOIN main.key_set USING (id))
         OR EXISTS (SELECT 1 FROM backup.subject AS b JOIN main.subject USING (id, credential_version))`,
    ).length > 0
  );
}

/** @param now integer seconds since 1970 */
export function forgottenIn(both: Database, now: number): Forgotten {
  return {
    revokedSessions: listed(
      both,
      `SELECT b.id FROM backup.session AS b JOIN main.session AS r USING (id)
        WHERE b.revoked_at IS NULL AND r.revoked_at IS NOT NULL AND b.expires_at > ${String(now)} ORDER BY b.id`,
    ),
    disabledSubjects: listed(
      both,
      `SELECT b.id FROM backup.subject AS b JOIN main.subject AS r USING (id)
        WHERE b.disabled_at IS NULL AND b.deleted_at IS NULL AND r.disabled_at IS NOT NULL ORDER BY b.id`,
    ),
    // A subject that is not there at all was deleted, and its tombstone purged.
    deletedSubjects: listed(
      both,
      `SELECT b.id FROM backup.subject AS b LEFT JOIN main.subject AS r USING (id)
        WHERE b.deleted_at IS NULL AND (r.id IS NULL OR r.deleted_at IS NOT NULL) ORDER BY b.id`,
    ),
    changedCredentials: listed(
      both,
      `SELECT b.id FROM backup.subject AS b JOIN main.subject AS r USING (id)
        WHERE b.deleted_at IS NULL AND r.deleted_at IS NULL AND r.credential_version <> b.credential_version
        ORDER BY b.id`,
    ),
    removedKeySets: listed(
      both,
      `SELECT b.id FROM backup.key_set AS b LEFT JOIN main.key_set AS r USING (id)
        WHERE r.id IS NULL ORDER BY b.id`,
    ),
  };
}

export function isNothing(forgotten: Forgotten): boolean {
  return Object.values(forgotten).every((ids: readonly string[]) => ids.length === 0);
}

export function lostIn(both: Database): Lost {
  return {
    newerSessions: counted(both, 'main.session AS r WHERE id NOT IN (SELECT id FROM backup.session)'),
    newerSubjects: counted(
      both,
      'main.subject AS r WHERE deleted_at IS NULL AND id NOT IN (SELECT id FROM backup.subject)',
    ),
    movedSessions: counted(both, `main.session AS r JOIN backup.session AS b USING (id) WHERE ${hasMoved}`),
  };
}

/** Brings into the backup whatever the replaced database refuses. @param now integer seconds since 1970 */
export function takeOver(both: Database, now: number): void {
  both.transaction(() => {
    // Append-only: what was written since stays written.
    both.exec('INSERT OR IGNORE INTO backup.audit_event SELECT * FROM main.audit_event');
    for (const statement of takingOver) both.prepare<[object]>(statement).run(/[$]now/.test(statement) ? { now } : {});
    // Keys as they are now: what leaked stays gone, what was published since stays known, all under the present secret.
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
  // What a tombstone is: its id, and when.
  `UPDATE backup.subject AS b
      SET deleted_at = coalesce((SELECT deleted_at FROM main.subject AS r WHERE r.id = b.id), $now),
          email = NULL, account = NULL, role = NULL, disabled_at = NULL
    WHERE b.deleted_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM main.subject AS r WHERE r.id = b.id AND r.deleted_at IS NULL)`,
];

function listed(both: Database, sql: string): readonly string[] {
  // One column of texts, each time.
  return both.prepare(sql).pluck().all() as string[];
}

function counted(both: Database, from: string): number {
  // A count is a number.
  return both.prepare(`SELECT count(*) FROM ${from}`).pluck().get() as number;
}
