// The embedded store: one SQLite file, prepared statements, durable commits that are shared.
//
// Reads see what is committed. A write is decided on outside of any transaction and carries its conditions with it in
// one statement, so it does not matter which process writes in between.
import type { Database } from 'better-sqlite3';
import { RefractError } from '../errors.ts';
import type { IssueResult } from '../engine/ports.ts';
import type { Store } from './store.ts';
import type { StoredState } from '../engine/session.ts';
import { auditIn } from './sqlite/audit.ts';
import { createGroupCommit, type GroupCommitted } from './sqlite/group-commit.ts';
import { importingIn } from './sqlite/import.ts';
import { keySetsIn } from './sqlite/key-sets.ts';
import { applicationId } from './sqlite/migrations.ts';
import { openDatabase } from './sqlite/open.ts';
import { purgingIn } from './sqlite/purge.ts';
import { reading, readingTogether } from './sqlite/reading.ts';
import { sessionOf, subjectOf, type SessionRow, type SubjectRow } from './rows.ts';

export interface SqliteOptions {
  readonly file: string;
  /** Milliseconds to wait for another process that is writing. The process answers nothing meanwhile. */
  readonly busyTimeout: number;
  /** Integer seconds since 1970; the process clock where left out. */
  readonly clock?: () => number;
  /** Told of every group of writes that shared a commit. */
  readonly onCommit?: (group: GroupCommitted) => void;
}

export type { GroupCommitted } from './sqlite/group-commit.ts';

/** Opens a SQLite file as a store. @throws RefractError `store` where it cannot be used */
export function openSqliteStore({ file, busyTimeout, clock = processClock, onCommit }: SqliteOptions): Store {
  const database = openDatabase(file, busyTimeout);
  const statements = prepare(database);
  const group = createGroupCommit(database, onCommit);
  const { commit, drain } = group;
  // In one transaction, so that session and subject are of the same moment.
  const readState = (sessionId: string): StoredState => {
    const session = statements.session.get(sessionId);
    const subject = session && statements.subject.get(session.subject_id);
    return { now: clock(), session: session && sessionOf(session), subject: subject && subjectOf(subject) };
  };
  const changed = (run: { changes: number }): boolean => run.changes > 0;

  return {
    read: readingTogether(database, readState),
    rotate: (basis, next) =>
      commit(() =>
        changed(
          statements.rotate.run({
            id: basis.id,
            basis: basis.generation,
            generation: next.generation,
            rotatedAt: next.rotatedAt,
            keyId: next.keyId,
          }),
        ),
      ),
    revoke: (sessionId, reason) =>
      commit(() => changed(statements.revoke.run({ id: sessionId, reason, now: clock() }))),

    issue: async ({ id, contract, policy, subjectId, keyId, lifetime, label }) => {
      const result = await commit((): IssueResult | undefined => {
        const now = clock();
        const expiresAt = now + lifetime;
        const draft = { id, contract, policy, subjectId, keyId, now, expiresAt, label: label ?? null };
        const row = statements.issue.get(draft);
        const subject = statements.subject.get(subjectId);
        if (row !== undefined && subject !== undefined) {
          return { kind: 'issued', session: sessionOf(row), subject: subjectOf(subject) };
        }
        if (subject === undefined || subject.deleted_at !== null)
          return { kind: 'refused', refusal: 'missing_subject' };
        if (subject.disabled_at !== null) return { kind: 'refused', refusal: 'disabled_subject' };
        return undefined;
      });
      if (result === undefined)
        throw new RefractError('unavailable', `the key set ${keyId} of ${contract} has been replaced`);
      return result;
    },

    listSessions: reading(({ subjectId, contract = null }, page) => {
      const { createdAt = -1, id = '' } = page?.after ?? {};
      const wanted = { contract, createdAt, id, limit: page?.limit ?? -1 };
      const rows =
        subjectId === undefined
          ? statements.listSessions.all(wanted)
          : statements.listSessionsOfSubject.all({ ...wanted, subjectId });
      return rows.map(sessionOf);
    }),
    count: reading(() => ({
      subjects: statements.countSubjects.get()?.count ?? 0,
      contracts: statements.countSessions.all({ now: clock() }),
    })),
    revokeAll: (filter, reason) =>
      commit(() => {
        const now = clock();
        // Those that are over are ended as well, in case this process' clock is the wrong one; but they do not count.
        if ('subjectId' in filter) {
          const { subjectId } = filter;
          const living = statements.countLivingOfSubject.get({ subjectId, now });
          statements.revokeAllOfSubject.run({ subjectId, reason, now });
          return living?.count ?? 0;
        }
        const { contract } = filter;
        const living = statements.countLivingOfContract.get({ contract, now });
        statements.revokeAllOfContract.run({ contract, reason, now });
        return living?.count ?? 0;
      }),

    putSubject: (id, { email = null, account = null, role = null }) =>
      commit(() => subjectOf(returned(statements.putSubject.get({ id, email, account, role })))),
    readSubject: reading((id) => {
      const row = statements.subject.get(id);
      return row && subjectOf(row);
    }),
    disableSubject: (id) => commit(() => changed(statements.disableSubject.run({ id, now: clock() }))),
    enableSubject: (id) => commit(() => changed(statements.enableSubject.run({ id }))),
    deleteSubject: (id) => commit(() => changed(statements.deleteSubject.run({ id, now: clock() }))),
    changeCredentials: (id) => commit(() => changed(statements.changeCredentials.run({ id }))),

    ...keySetsIn(database, group, clock),
    ...auditIn(database, group, clock),
    ...purgingIn(database, group, clock),
    ...importingIn(database, group, clock),

    probe: () =>
      commit(() => {
        // No session has this id; looking for it reads what every refresh reads first.
        statements.session.get('');
        statements.probe.run();
      }),
    close: () => {
      drain();
      database.close();
      return Promise.resolve();
    },
  };
}

function processClock(): number {
  return Math.floor(Date.now() / 1000);
}

function returned<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}

function prepare(database: Database) {
  return {
    // Says again what the file says already, which goes to the disk all the same. A transaction that writes nothing, or a
    // row as it is, does not, and would not notice a full disk.
    probe: database.prepare<[]>(`PRAGMA application_id = ${String(applicationId)}`),
    session: database.prepare<[string], SessionRow>('SELECT * FROM session WHERE id = ?'),
    subject: database.prepare<[string], SubjectRow>('SELECT * FROM subject WHERE id = ?'),
    // Everything a decision to rotate was based on, in the statement that carries it out.
    rotate: database.prepare<[object]>(
      `UPDATE session SET generation = $generation, rotated_at = $rotatedAt, key_id = $keyId
        WHERE id = $id AND generation = $basis AND revoked_at IS NULL
          AND EXISTS (SELECT 1 FROM subject
                       WHERE subject.id = session.subject_id
                         AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
                         AND subject.credential_version = session.credential_version)`,
    ),
    revoke: database.prepare<[object]>(
      'UPDATE session SET revoked_at = $now, revoked_reason = $reason WHERE id = $id AND revoked_at IS NULL',
    ),
    issue: database.prepare<[object], SessionRow>(
      `INSERT INTO session (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                            created_at, expires_at, label)
       SELECT $id, $contract, $policy, subject.id, subject.credential_version, 0, $now, $keyId, $now, $expiresAt, $label
         FROM subject
        WHERE subject.id = $subjectId AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
          AND (EXISTS (SELECT 1 FROM key_set WHERE id = $keyId)
               OR NOT EXISTS (SELECT 1 FROM key_set WHERE contract = $contract))
       RETURNING *`,
    ),
    listSessions: database.prepare<[object], SessionRow>(
      `SELECT * FROM session
        WHERE ($contract IS NULL OR contract = $contract) AND (created_at, id) > ($createdAt, $id)
        ORDER BY created_at, id LIMIT $limit`,
    ),
    listSessionsOfSubject: database.prepare<[object], SessionRow>(
      `SELECT * FROM session
        WHERE subject_id = $subjectId AND ($contract IS NULL OR contract = $contract)
          AND (created_at, id) > ($createdAt, $id)
        ORDER BY created_at, id LIMIT $limit`,
    ),
    countSubjects: database.prepare<[], { count: number }>(
      'SELECT count(*) AS count FROM subject WHERE deleted_at IS NULL',
    ),
    countSessions: database.prepare<[object], { contract: string; living: number; revoked: number; expired: number }>(
      `SELECT contract,
              count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > $now) AS living,
              count(*) FILTER (WHERE revoked_at IS NOT NULL) AS revoked,
              count(*) FILTER (WHERE revoked_at IS NULL AND expires_at <= $now) AS expired
         FROM session GROUP BY contract ORDER BY contract`,
    ),
    countLivingOfSubject: database.prepare<[object], { count: number }>(
      `SELECT count(*) AS count FROM session
        WHERE subject_id = $subjectId AND revoked_at IS NULL AND expires_at > $now`,
    ),
    countLivingOfContract: database.prepare<[object], { count: number }>(
      `SELECT count(*) AS count FROM session
        WHERE contract = $contract AND revoked_at IS NULL AND expires_at > $now`,
    ),
    revokeAllOfSubject: database.prepare<[object]>(
      `UPDATE session SET revoked_at = $now, revoked_reason = $reason
        WHERE subject_id = $subjectId AND revoked_at IS NULL`,
    ),
    revokeAllOfContract: database.prepare<[object]>(
      `UPDATE session SET revoked_at = $now, revoked_reason = $reason
        WHERE contract = $contract AND revoked_at IS NULL`,
    ),
    // A subject that comes back after it was deleted is a new one: its old sessions stay stale.
    putSubject: database.prepare<[object], SubjectRow>(
      `INSERT INTO subject (id, credential_version, email, account, role)
       VALUES ($id, lower(hex(randomblob(16))), $email, $account, $role)
       ON CONFLICT (id) DO UPDATE SET
         email = excluded.email, account = excluded.account, role = excluded.role,
         credential_version = iif(deleted_at IS NULL, credential_version, excluded.credential_version),
         disabled_at = iif(deleted_at IS NULL, disabled_at, NULL),
         deleted_at = NULL
       RETURNING *`,
    ),
    disableSubject: database.prepare<[object]>(
      'UPDATE subject SET disabled_at = coalesce(disabled_at, $now) WHERE id = $id AND deleted_at IS NULL',
    ),
    enableSubject: database.prepare<[object]>(
      'UPDATE subject SET disabled_at = NULL WHERE id = $id AND deleted_at IS NULL',
    ),
    deleteSubject: database.prepare<[object]>(
      `UPDATE subject SET deleted_at = $now, email = NULL, account = NULL, role = NULL, disabled_at = NULL
        WHERE id = $id AND deleted_at IS NULL`,
    ),
    changeCredentials: database.prepare<[object]>(
      `UPDATE subject SET credential_version = lower(hex(randomblob(16))) WHERE id = $id AND deleted_at IS NULL`,
    ),
  };
}
