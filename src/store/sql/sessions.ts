// Sessions and subjects, apart from refreshes: what operators list, count, revoke, change and purge.
import type { Counts, PurgeResult, SessionStore } from '../../admin/ports.ts';
import type { RevocationReason, Session, Subject, SubjectDetails } from '../../engine/session.ts';
import { only, query, type Dialect, type Operation } from './operation.ts';
import { sessionColumns, subjectColumns, toSession, toSubject, type Row } from './rows.ts';

type Filter = Parameters<SessionStore['listSessions']>[0];
type Page = Parameters<SessionStore['listSessions']>[1];

export function sessionOperations({ prefix, now, revokeAll }: Dialect) {
  const [sessions, subjects] = [`${prefix}session`, `${prefix}subject`];
  return {
    *listSessions({ subjectId, contract }: Filter, page?: Page): Operation<readonly Session[]> {
      const { createdAt = -1, id = '' } = page?.after ?? {};
      const values = [createdAt, id];
      const add = (value: string | number): string => `$${String(values.push(value))}`;
      // Only given filters are in the text, so that each is planned with its own index.
      const text = `SELECT ${sessionColumns} FROM ${sessions} WHERE (created_at, id) > ($1, $2)
        ${subjectId === undefined ? '' : `AND subject_id = ${add(subjectId)}`}
        ${contract === undefined ? '' : `AND contract = ${add(contract)}`}
        ORDER BY created_at, id ${page === undefined ? '' : `LIMIT ${add(page.limit)}`}`;
      return (yield* query<Row<Session>>(text, values)).rows.map(toSession);
    },

    *count(): Operation<Counts> {
      const counted = yield* query<{ count: number }>(
        `SELECT count(*) AS count FROM ${subjects} WHERE deleted_at IS NULL`,
      );
      const { rows } = yield* query<Counts['contracts'][number]>(
        `SELECT contract,
                count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > ${now}) AS living,
                count(*) FILTER (WHERE revoked_at IS NOT NULL) AS revoked,
                count(*) FILTER (WHERE revoked_at IS NULL AND expires_at <= ${now}) AS expired
           FROM ${sessions} GROUP BY contract`,
      );
      return {
        subjects: only(counted.rows).count,
        contracts: rows.toSorted((one, other) => (one.contract < other.contract ? -1 : 1)),
      };
    },

    *revoke(sessionId: string, reason: RevocationReason): Operation<boolean> {
      const text = `UPDATE ${sessions} SET revoked_at = ${now}, revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL`;
      return (yield* query(text, [sessionId, reason])).changes > 0;
    },

    *revokeAll(filter: Parameters<SessionStore['revokeAll']>[0], reason: RevocationReason): Operation<number> {
      const [column, value] =
        'subjectId' in filter ? (['subject_id', filter.subjectId] as const) : (['contract', filter.contract] as const);
      return sum((yield* query<{ count: number }>(revokeAll(column), [value, reason])).rows);
    },

    *purge(olderThan: number, batch: number): Operation<PurgeResult> {
      // By `expires_at` alone: revocation never changes it, and no token outlives it.
      const removed = yield* query(
        `DELETE FROM ${sessions} WHERE id IN
           (SELECT id FROM ${sessions} WHERE expires_at <= ${now} - $1 ORDER BY expires_at LIMIT $2)`,
        [olderThan, batch],
      );
      // A full batch of sessions leaves tombstones to a later call, so that a long purge does not scan them each time.
      const rest = batch - removed.changes;
      if (rest === 0) return { sessions: removed.changes, subjects: 0 };
      // PostgreSQL checks only the outer condition again for a subject that was added again meanwhile.
      const tombstones = yield* query(
        `DELETE FROM ${subjects} WHERE deleted_at <= ${now} - $1 AND id IN
           (SELECT id FROM ${subjects}
             WHERE deleted_at <= ${now} - $1
               AND NOT EXISTS (SELECT 1 FROM ${sessions} WHERE session.subject_id = subject.id)
             ORDER BY deleted_at LIMIT $2)`,
        [olderThan, rest],
      );
      return { sessions: removed.changes, subjects: tombstones.changes };
    },
  };
}

/** Adds up the rows of `Dialect.revokeAll`. */
export function sum(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}

export function subjectOperations({ prefix, now, newVersion }: Dialect) {
  const subjects = `${prefix}subject`;
  /** Changes a subject that is not deleted. */
  function* change(id: string, assignments: string): Operation<boolean> {
    const text = `UPDATE ${subjects} SET ${assignments} WHERE id = $1 AND deleted_at IS NULL`;
    return (yield* query(text, [id])).changes > 0;
  }
  return {
    *putSubject(id: string, { email = null, account = null, role = null }: Nullable<SubjectDetails>) {
      // A subject that is added again after its deletion is a new one: its old sessions stay stale.
      const { rows } = yield* query<Row<Subject>>(
        `INSERT INTO ${subjects} AS existing (id, credential_version, email, account, role)
         VALUES ($1, ${newVersion}, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET
           email = excluded.email, account = excluded.account, role = excluded.role,
           credential_version = CASE WHEN existing.deleted_at IS NULL
                                THEN existing.credential_version ELSE excluded.credential_version END,
           disabled_at = CASE WHEN existing.deleted_at IS NULL THEN existing.disabled_at END,
           deleted_at = NULL
         RETURNING ${subjectColumns}`,
        [id, email, account, role],
      );
      return toSubject(only(rows));
    },
    *readSubject(id: string): Operation<Subject | undefined> {
      const { rows } = yield* query<Row<Subject>>(`SELECT ${subjectColumns} FROM ${subjects} WHERE id = $1`, [id]);
      return rows[0] && toSubject(rows[0]);
    },
    disableSubject: (id: string) => change(id, `disabled_at = coalesce(disabled_at, ${now})`),
    enableSubject: (id: string) => change(id, 'disabled_at = NULL'),
    deleteSubject: (id: string) =>
      change(id, `deleted_at = ${now}, email = NULL, account = NULL, role = NULL, disabled_at = NULL`),
    changeCredentials: (id: string) => change(id, `credential_version = ${newVersion}`),
  };
}

type Nullable<Details> = { readonly [Name in keyof Details]: Details[Name] | null };
