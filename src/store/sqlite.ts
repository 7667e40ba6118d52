// The embedded store: one SQLite file, prepared statements and durable group commits.
//
// Reads see what is committed. A write is decided outside any transaction and carries its conditions in one statement,
// so that another process may write in between.
import type { Database } from 'better-sqlite3';
import type { IssueResult } from '../engine/ports.ts';
import type { Session, StoredState, Subject } from '../engine/session.ts';
import { RefractError } from '../errors.ts';
import { auditOperations } from './sql/audit.ts';
import { collectResults, importOperations } from './sql/import.ts';
import { keySetOperations } from './sql/key-sets.ts';
import { performNow, type Operation } from './sql/operation.ts';
import { sessionColumns, subjectColumns, toSession, toSubject, type Row } from './sql/rows.ts';
import { sessionOperations, subjectOperations } from './sql/sessions.ts';
import { createGroupCommit, createGroupRead, type GroupCommitted } from './sqlite/group-commit.ts';
import { applicationId } from './sqlite/migrations.ts';
import { openDatabase } from './sqlite/open.ts';
import { createRunner, dialect, translateError } from './sqlite/statements.ts';
import type { Store } from './store.ts';

export interface SqliteOptions {
  readonly file: string;
  /** Milliseconds to wait for another process that is writing. This process is blocked meanwhile. */
  readonly busyTimeout: number;
  /** Integer seconds since 1970; by default the clock of this process. */
  readonly clock?: () => number;
  /** Called for every group of writes that shared a commit. */
  readonly onCommit?: (group: GroupCommitted) => void;
}

export type { GroupCommitted } from './sqlite/group-commit.ts';

/** Opens a SQLite file as a store. @throws RefractError `store` if it cannot be used */
export function openSqliteStore({ file, busyTimeout, clock = processClock, onCommit }: SqliteOptions): Store {
  const database = openDatabase(file, busyTimeout);
  const statements = prepare(database);
  const { commit, drain } = createGroupCommit(database, onCommit);
  const run = createRunner(database, clock);
  const read = async <T>(operation: Operation<T>): Promise<T> => {
    try {
      return await Promise.resolve(performNow(operation, run));
    } catch (reason) {
      throw translateError(reason);
    }
  };
  // A savepoint inside the transaction of the group: an operation takes effect as a whole or not at all.
  const write = <T>(operation: Operation<T>): Promise<T> =>
    commit(database.transaction(() => performNow(operation, run)));
  const sessions = sessionOperations(dialect);
  const subjects = subjectOperations(dialect);
  const keySets = keySetOperations(dialect);
  const audit = auditOperations(dialect);
  const imports = importOperations(dialect);

  return {
    // In one transaction, so that session and subject are of the same moment.
    read: createGroupRead(database, (sessionId): StoredState => {
      const session = statements.session.get(sessionId);
      const subject = session && statements.subject.get(session.subjectId);
      return { now: clock(), session: session && toSession(session), subject: subject && toSubject(subject) };
    }),
    rotate: (basis, { generation, rotatedAt, keyId }) => {
      const values = { id: basis.id, basis: basis.generation, generation, rotatedAt, keyId };
      return commit(() => statements.rotate.run(values).changes > 0);
    },
    issue: async ({ id, contract, policy, subjectId, keyId, lifetime, label }) => {
      const result = await commit((): IssueResult | undefined => {
        const now = clock();
        const draft = { id, contract, policy, subjectId, keyId, now, expiresAt: now + lifetime, label: label ?? null };
        const session = statements.issue.get(draft);
        const subject = statements.subject.get(subjectId);
        if (session !== undefined && subject !== undefined) {
          return { kind: 'issued', session: toSession(session), subject: toSubject(subject) };
        }
        if (subject === undefined || subject.deletedAt !== null) return { kind: 'refused', refusal: 'missing_subject' };
        if (subject.disabledAt !== null) return { kind: 'refused', refusal: 'disabled_subject' };
        return undefined;
      });
      if (result !== undefined) return result;
      throw new RefractError('unavailable', `the key set ${keyId} of ${contract} has been replaced`);
    },

    listSessions: (filter, page) => read(sessions.listSessions(filter, page)),
    count: () => read(sessions.count()),
    revoke: (sessionId, reason) => write(sessions.revoke(sessionId, reason)),
    revokeAll: (filter, reason) => write(sessions.revokeAll(filter, reason)),
    purge: (olderThan, batch) => write(sessions.purge(olderThan, batch)),

    putSubject: (id, details) => write(subjects.putSubject(id, details)),
    readSubject: (id) => read(subjects.readSubject(id)),
    disableSubject: (id) => write(subjects.disableSubject(id)),
    enableSubject: (id) => write(subjects.enableSubject(id)),
    deleteSubject: (id) => write(subjects.deleteSubject(id)),
    changeCredentials: (id) => write(subjects.changeCredentials(id)),

    readKeySets: () => read(keySets.readKeySets()),
    readKeySet: (id) => read(keySets.readKeySet(id)),
    addFirstKeySet: (keySet) => write(keySets.addFirstKeySet(keySet)),
    addNextKeySet: (keySet) => write(keySets.addNextKeySet(keySet)),
    addLegacyKey: (keySet) => write(keySets.addLegacyKey(keySet)),
    promoteKeySet: (contract, id) => write(keySets.promoteKeySet(contract, id)),
    removeKeySet: (id, accessLifetime, isForced) => write(keySets.removeKeySet(id, accessLifetime, isForced)),
    replaceKeySets: (keySet, reason) => write(keySets.replaceKeySets(keySet, reason)),
    resealKeySets: (resealed) => write(keySets.resealKeySets(resealed)),

    appendAudit: (events) => write(audit.appendAudit(events)),
    readAudit: (filter, page) => read(audit.readAudit(filter, page)),
    cutAudit: (age, most) => write(audit.cutAudit(age, most)),

    readImported: (contract, hash) => read(imports.readImported(contract, hash)),
    importRows: (rows, isDryRun) => collectResults((results) => write(imports.importRows(rows, isDryRun, results))),

    probe: () =>
      commit(() => {
        // No session has this id; a refresh begins with the same read.
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

/** The statements of a refresh, of issuing and of the probe. */
function prepare(database: Database) {
  return {
    // Writes to the disk what the file has already. A transaction that writes nothing, or an unchanged row, does not
    // reach the disk and would not notice that it is full.
    probe: database.prepare<[]>(`PRAGMA application_id = ${String(applicationId)}`),
    session: database.prepare<[string], Row<Session>>(`SELECT ${sessionColumns} FROM session WHERE id = ?`),
    subject: database.prepare<[string], Row<Subject>>(`SELECT ${subjectColumns} FROM subject WHERE id = ?`),
    // Everything a decision to rotate was based on, in the statement that carries it out.
    rotate: database.prepare<[object]>(
      `UPDATE session SET generation = $generation, rotated_at = $rotatedAt, key_id = $keyId
        WHERE id = $id AND generation = $basis AND revoked_at IS NULL
          AND EXISTS (SELECT 1 FROM subject
                       WHERE subject.id = session.subject_id
                         AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
                         AND subject.credential_version = session.credential_version)`,
    ),
    issue: database.prepare<[object], Row<Session>>(
      `INSERT INTO session (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                            created_at, expires_at, label)
       SELECT $id, $contract, $policy, subject.id, subject.credential_version, 0, $now, $keyId, $now, $expiresAt, $label
         FROM subject
        WHERE subject.id = $subjectId AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
          AND (EXISTS (SELECT 1 FROM key_set WHERE id = $keyId)
               OR NOT EXISTS (SELECT 1 FROM key_set WHERE contract = $contract))
       RETURNING ${sessionColumns}`,
    ),
  };
}
