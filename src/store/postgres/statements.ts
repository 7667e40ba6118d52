// The statements of a refresh and of issuing. A refresh reads and writes single rows by their key; no statement draws
// from a sequence.
import type { IssueResult, IssueStore, RefreshStore } from '../../engine/ports.ts';
import type { Session, StoredState, Subject } from '../../engine/session.ts';
import { RefractError } from '../../errors.ts';
import { only, type Dialect } from '../sql/operation.ts';
import { sessionColumns, subjectColumns, toSession, toSubject, type Row } from '../sql/rows.ts';
import type { Connections, Statement } from './connections.ts';

export const dialect: Dialect = {
  prefix: 'refract.',
  // A subquery, which is evaluated once for a statement.
  now: '(SELECT refract.now())',
  newVersion: "replace(gen_random_uuid()::text, '-', '')",
  withoutIndex: '',
  forShare: 'FOR SHARE',
  items: 'json_array_elements(CAST($1 AS json)) AS item (value)',
  // Revokes expired sessions too, but does not count them.
  revokeAll: (column) =>
    `WITH clock AS MATERIALIZED (SELECT refract.now() AS now),
          ended AS (
            UPDATE refract.session SET revoked_at = clock.now, revoked_reason = $2
              FROM clock WHERE ${column} = $1 AND revoked_at IS NULL
            RETURNING expires_at)
     SELECT count(*) AS count FROM ended, clock WHERE ended.expires_at > clock.now`,
};

export function createSessionStore({
  repeatable,
  once,
}: Connections): Pick<RefreshStore, 'read' | 'rotate'> & IssueStore {
  return {
    read: async (sessionId) => toState(only((await repeatable(read, [sessionId])).rows)),
    rotate: async ({ id, generation }, next) => {
      const written = [next.generation, next.rotatedAt, next.keyId];
      const { changes, mayBeSecond } = await repeatable(rotate, [id, generation, ...written]);
      if (changes > 0 || !mayBeSecond) return changes > 0;
      // An own rotation whose response was lost must not count as another caller's: without a grace period that is reuse.
      return (await repeatable(isRotated, [id, ...written])).rows.length > 0;
    },
    issue: async ({ id, contract, policy, subjectId, keyId, lifetime, label }): Promise<IssueResult> => {
      const values = [id, contract, policy, subjectId, keyId, lifetime, label ?? null];
      const { session, subject } = toState(only((await once(issue, values)).rows));
      if (session !== undefined && subject !== undefined) return { kind: 'issued', session, subject };
      if (subject === undefined || subject.deletedAt !== undefined)
        return { kind: 'refused', refusal: 'missing_subject' };
      if (subject.disabledAt !== undefined) return { kind: 'refused', refusal: 'disabled_subject' };
      throw new RefractError('unavailable', `the key set ${keyId} of ${contract} has been replaced`);
    },
  };
}

/** A session and its subject of one moment, with the clock. */
interface StateRow {
  now: number;
  session: Row<Session> | null;
  subject: Row<Subject> | null;
}

function toState({ now, session, subject }: StateRow): StoredState {
  return {
    now,
    session: session === null ? undefined : toSession(session),
    subject: subject === null ? undefined : toSubject(subject),
  };
}

const isUsable = `revoked_at IS NULL
        AND EXISTS (SELECT 1 FROM refract.subject
                     WHERE subject.id = session.subject_id
                       AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
                       AND subject.credential_version = session.credential_version)`;

const read: Statement<StateRow> = {
  name: 'refract_read_state',
  text: `SELECT refract.now() AS now, row_to_json(session) AS session, row_to_json(subject) AS subject
     FROM (SELECT 1) AS one
     LEFT JOIN (SELECT ${sessionColumns} FROM refract.session WHERE id = $1) AS session ON true
     LEFT JOIN (SELECT ${subjectColumns} FROM refract.subject) AS subject ON subject.id = session."subjectId"`,
};

// Everything a decision to rotate was based on, in the statement that carries it out. Of two concurrent ones, the second
// waits for the row and then finds another generation.
const rotate: Statement = {
  name: 'refract_rotate',
  text: `UPDATE refract.session SET generation = $3, rotated_at = $4, key_id = $5
    WHERE id = $1 AND generation = $2 AND ${isUsable}`,
};

const isRotated: Statement = {
  name: 'refract_is_rotated',
  text: `SELECT 1 FROM refract.session
    WHERE id = $1 AND generation = $2 AND rotated_at = $3 AND key_id = $4 AND ${isUsable}`,
};

const issue: Statement<StateRow> = {
  name: 'refract_issue_session',
  text: `WITH clock AS MATERIALIZED (SELECT refract.now() AS now),
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
};
