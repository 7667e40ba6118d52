// The part of the store that keeps sessions. A refresh reads and writes single rows by their key; no statement draws
// from a sequence.
import { RefractError } from '../../errors.ts';
import type { PurgeStore, SessionStore } from '../../admin/ports.ts';
import type { IssueResult, IssueStore, RefreshStore } from '../../engine/ports.ts';
import type { Session, StoredState, Subject } from '../../engine/session.ts';
import { sessionColumns, sessionOf, subjectColumns, subjectOf, type Row } from '../rows.ts';
import { only, type Connections, type Run, type Statement } from './connections.ts';
import { lockSpace } from './migrations.ts';

const purgeLock = 2;

/** Milliseconds for a statement that removes a batch: a server that stops waits for the one in flight. */
export const batchTimeout = 5_000;

export function sessionsIn({
  repeatable,
  once,
  transaction,
}: Connections): Omit<RefreshStore, 'readImported'> & IssueStore & SessionStore & PurgeStore {
  return {
    read: async (sessionId) => stateOf(only((await repeatable(read, [sessionId])).rows)),
    rotate: async ({ id, generation }, next) => {
      const work = [next.generation, next.rotatedAt, next.keyId];
      const { changes, mayBeSecond } = await repeatable(rotate, [id, generation, ...work]);
      if (changes > 0 || !mayBeSecond) return changes > 0;
      // A rotation of its own, whose response was lost, must not pass for another's: without a grace period that is reuse.
      return (await repeatable(isRotated, [id, ...work])).rows.length > 0;
    },
    revoke: async (sessionId, reason) => (await repeatable(revoke, [sessionId, reason])).changes > 0,

    issue: async ({ id, contract, policy, subjectId, keyId, lifetime, label }): Promise<IssueResult> => {
      const values = [id, contract, policy, subjectId, keyId, lifetime, label ?? null];
      const { session, subject } = stateOf(only((await once(issue, values)).rows));
      if (session !== undefined && subject !== undefined) return { kind: 'issued', session, subject };
      if (subject === undefined || subject.deletedAt !== undefined)
        return { kind: 'refused', refusal: 'missing_subject' };
      if (subject.disabledAt !== undefined) return { kind: 'refused', refusal: 'disabled_subject' };
      throw new RefractError('unavailable', `the key set ${keyId} of ${contract} has been replaced`);
    },

    listSessions: async ({ subjectId = null, contract = null }, page) => {
      const { createdAt = -1, id = '' } = page?.after ?? {};
      const values = [subjectId, contract, createdAt, id, page?.limit ?? null];
      const list = async (run: Run) => (await run<Row<Session>>(listSessions, values)).rows.map(sessionOf);
      return page === undefined ? transaction(list) : list(repeatable);
    },
    // In a transaction, which has time for many rows.
    count: () =>
      transaction(async (run) => {
        const [subjects, contracts] = [await run(countSubjects), await run(countSessions)];
        return { subjects: only(subjects.rows).count, contracts: contracts.rows };
      }),
    revokeAll: async (filter, reason) => {
      const [statement, value] =
        'subjectId' in filter
          ? [revokingAll('subject_id'), filter.subjectId]
          : [revokingAll('contract'), filter.contract];
      return transaction(async (run) => only((await run(statement, [value, reason])).rows).count);
    },

    // One instance at a time; the others wait for the lock.
    purge: (olderThan, batch) =>
      transaction(async (run) => {
        await run('SELECT pg_advisory_xact_lock($1, $2)', [lockSpace, purgeLock]);
        const { rows } = await run<{ before: number }>('SELECT refract.now() - $1::bigint AS before', [olderThan]);
        const { before } = only(rows);
        const { changes: sessions } = await run(removeSessions, [before, batch]);
        // Tombstones only with the room that sessions left, so that a long purge does not scan all of them each time.
        const rest = batch - sessions;
        return { sessions, subjects: rest === 0 ? 0 : (await run(removeTombstones, [before, rest])).changes };
      }, batchTimeout),
  };
}

/** A session and its subject of one moment, with the clock. */
interface StateRow {
  now: number;
  session: Row<Session> | null;
  subject: Row<Subject> | null;
}

function stateOf({ now, session, subject }: StateRow): StoredState {
  return {
    now,
    session: session === null ? undefined : sessionOf(session),
    subject: subject === null ? undefined : subjectOf(subject),
  };
}

interface Count {
  count: number;
}

function statement<Found extends object>(name: string, text: string): Statement<Found> {
  return { name: `refract_${name}`, text };
}

const inGoodStanding = `revoked_at IS NULL
        AND EXISTS (SELECT 1 FROM refract.subject
                     WHERE subject.id = session.subject_id
                       AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
                       AND subject.credential_version = session.credential_version)`;

const read = statement<StateRow>(
  'read_state',
  `SELECT refract.now() AS now, row_to_json(session) AS session, row_to_json(subject) AS subject
     FROM (SELECT 1) AS one
     LEFT JOIN (SELECT ${sessionColumns} FROM refract.session WHERE id = $1) AS session ON true
     LEFT JOIN (SELECT ${subjectColumns} FROM refract.subject) AS subject ON subject.id = session."subjectId"`,
);

// Everything a decision to rotate was based on, in the statement that carries it out. Of two that meet, the second one
// waits for the row and then finds another generation.
const rotate = statement(
  'rotate',
  `UPDATE refract.session SET generation = $3, rotated_at = $4, key_id = $5
    WHERE id = $1 AND generation = $2 AND ${inGoodStanding}`,
);

const isRotated = statement(
  'is_rotated',
  `SELECT 1 FROM refract.session
    WHERE id = $1 AND generation = $2 AND rotated_at = $3 AND key_id = $4 AND ${inGoodStanding}`,
);

const revoke = statement(
  'revoke',
  `UPDATE refract.session SET revoked_at = refract.now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL`,
);

const issue = statement<StateRow>(
  'issue_session',
  `WITH clock AS MATERIALIZED (SELECT refract.now() AS now),
        subject AS (SELECT ${subjectColumns} FROM refract.subject WHERE id = $4),
        -- Locked until the commit: a compromise waits for it, and then ends this session with the others.
        key_set AS MATERIALIZED (SELECT 1 FROM refract.key_set WHERE id = $5 FOR KEY SHARE),
        issued AS (
          INSERT INTO refract.session (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                                       created_at, expires_at, label)
          SELECT $1, $2, $3, subject.id, subject."credentialVersion", 0, now, $5, now, now + $6::bigint, $7
            FROM subject, clock
           WHERE subject."disabledAt" IS NULL AND subject."deletedAt" IS NULL
             AND (EXISTS (SELECT 1 FROM key_set) OR NOT EXISTS (SELECT 1 FROM refract.key_set WHERE contract = $2))
          RETURNING ${sessionColumns})
   SELECT clock.now, row_to_json(issued) AS session, row_to_json(subject) AS subject
     FROM clock LEFT JOIN subject ON true LEFT JOIN issued ON true`,
);

// Without a name, so that PostgreSQL plans it for its values and uses the index of the filter that is given.
const listSessions = `SELECT ${sessionColumns} FROM refract.session
  WHERE ($1::text IS NULL OR subject_id = $1) AND ($2::text IS NULL OR contract = $2)
    AND (created_at, id) > ($3::bigint, $4::text)
  ORDER BY created_at, id LIMIT $5`;

const countSubjects = statement<Count>(
  'count_subjects',
  'SELECT count(*) AS count FROM refract.subject WHERE deleted_at IS NULL',
);

const countSessions = statement<{ contract: string; living: number; revoked: number; expired: number }>(
  'count',
  `SELECT contract,
          count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > clock.now) AS living,
          count(*) FILTER (WHERE revoked_at IS NOT NULL) AS revoked,
          count(*) FILTER (WHERE revoked_at IS NULL AND expires_at <= clock.now) AS expired
     FROM refract.session, (SELECT refract.now() AS now OFFSET 0) AS clock
    GROUP BY contract ORDER BY contract COLLATE "C"`,
);

/** Revokes expired sessions as well, but does not count them. */
export function revokingAll(column: 'subject_id' | 'contract'): Statement<Count> {
  return statement(
    `revoke_all_of_${column}`,
    `WITH clock AS MATERIALIZED (SELECT refract.now() AS now),
          ended AS (
            UPDATE refract.session SET revoked_at = clock.now, revoked_reason = $2
              FROM clock WHERE ${column} = $1 AND revoked_at IS NULL
            RETURNING expires_at)
     SELECT count(*) AS count FROM ended, clock WHERE ended.expires_at > clock.now`,
  );
}

// By `expires_at` alone: revocation never moves it, and no token outlives it.
const removeSessions = `DELETE FROM refract.session
  WHERE id IN (SELECT id FROM refract.session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`;

// The condition stands twice: only the outer one is judged anew for a subject that was put again meanwhile.
const removeTombstones = `DELETE FROM refract.subject
  WHERE deleted_at <= $1
    AND id IN (SELECT id FROM refract.subject
                WHERE deleted_at <= $1
                  AND NOT EXISTS (SELECT 1 FROM refract.session WHERE session.subject_id = subject.id)
                ORDER BY deleted_at LIMIT $2)`;
