// The statements of sessions. Every one names its columns, so that a column which a newer release adds disturbs nobody.
import type { SessionRow, SubjectRow } from '../rows.ts';
import type { Statement } from './connections.ts';

export const sessionColumns =
  'id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id, created_at, expires_at, revoked_at, revoked_reason, label';
export const subjectColumns = 'id, credential_version, email, account, role, disabled_at, deleted_at';

/** A session and its subject of one moment, with the clock. */
export interface StateRow {
  now: number;
  session: SessionRow | null;
  subject: SubjectRow | null;
}

interface Count {
  count: number;
}

const inGoodStanding = `revoked_at IS NULL
        AND EXISTS (SELECT 1 FROM refract.subject
                     WHERE subject.id = session.subject_id
                       AND subject.disabled_at IS NULL AND subject.deleted_at IS NULL
                       AND subject.credential_version = session.credential_version)`;

export const statements = {
  read: statement<StateRow>(
    'read',
    `SELECT refract.now() AS now, row_to_json(session) AS session, row_to_json(subject) AS subject
       FROM (SELECT 1) AS one
       LEFT JOIN (SELECT ${sessionColumns} FROM refract.session WHERE id = $1) AS session ON true
       LEFT JOIN (SELECT ${subjectColumns} FROM refract.subject) AS subject ON subject.id = session.subject_id`,
  ),
  // Everything a decision to rotate was based on, in the statement that carries it out. Of two that meet, the second one
  // waits for the row and then finds another generation.
  rotate: statement(
    'rotate',
    `UPDATE refract.session SET generation = $3, rotated_at = $4, key_id = $5
      WHERE id = $1 AND generation = $2 AND ${inGoodStanding}`,
  ),
  isRotated: statement(
    'is_rotated',
    `SELECT 1 FROM refract.session
      WHERE id = $1 AND generation = $2 AND rotated_at = $3 AND key_id = $4 AND ${inGoodStanding}`,
  ),
  revoke: statement(
    'revoke',
    `UPDATE refract.session SET revoked_at = refract.now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL`,
  ),
  issue: statement<StateRow>(
    'issue',
    `WITH clock AS MATERIALIZED (SELECT refract.now() AS now),
          subject AS (SELECT ${subjectColumns} FROM refract.subject WHERE id = $4),
          -- Held until this is committed: a compromise waits for it, and then ends this session with the others.
          key_set AS MATERIALIZED (SELECT 1 FROM refract.key_set WHERE id = $5 FOR KEY SHARE),
          issued AS (
            INSERT INTO refract.session (id, contract, policy, subject_id, credential_version, generation, rotated_at, key_id,
                                         created_at, expires_at, label)
            SELECT $1, $2, $3, subject.id, subject.credential_version, 0, now, $5, now, now + $6::bigint, $7
              FROM subject, clock
             WHERE subject.disabled_at IS NULL AND subject.deleted_at IS NULL
               AND (EXISTS (SELECT 1 FROM key_set) OR NOT EXISTS (SELECT 1 FROM refract.key_set WHERE contract = $2))
            RETURNING ${sessionColumns})
     SELECT clock.now, row_to_json(issued) AS session, row_to_json(subject) AS subject
       FROM clock LEFT JOIN subject ON true LEFT JOIN issued ON true`,
  ),
  countSubjects: statement<Count>(
    'count_subjects',
    'SELECT count(*) AS count FROM refract.subject WHERE deleted_at IS NULL',
  ),
  count: statement<{ contract: string; living: number; revoked: number; expired: number }>(
    'count',
    `SELECT contract,
            count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > clock.now) AS living,
            count(*) FILTER (WHERE revoked_at IS NOT NULL) AS revoked,
            count(*) FILTER (WHERE revoked_at IS NULL AND expires_at <= clock.now) AS expired
       FROM refract.session, (SELECT refract.now() AS now OFFSET 0) AS clock
      GROUP BY contract ORDER BY contract COLLATE "C"`,
  ),
  revokeAllOfSubject: statement<Count>('revoke_all_of_subject', revokingAll('subject_id')),
  revokeAllOfContract: statement<Count>('revoke_all_of_contract', revokingAll('contract')),
  /** Writes, to the disk, and changes nothing. */
  probe: statement('probe', 'UPDATE refract.schema_version SET version = version'),
};

/** Those that are over are ended as well, but they do not count. */
export function revokingAll(column: 'subject_id' | 'contract'): string {
  return `WITH clock AS MATERIALIZED (SELECT refract.now() AS now),
               ended AS (
                 UPDATE refract.session SET revoked_at = clock.now, revoked_reason = $2
                   FROM clock WHERE ${column} = $1 AND revoked_at IS NULL
                 RETURNING expires_at)
          SELECT count(*) AS count FROM ended, clock WHERE ended.expires_at > clock.now`;
}

function statement<Row extends object>(name: string, text: string): Statement<Row & Record<string, unknown>> {
  return { name: `refract_${name}`, text };
}
