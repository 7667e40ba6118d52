// The part of the store that keeps subjects.
import type { SubjectStore } from '../../admin/ports.ts';
import { subjectOf, type SubjectRow } from '../rows.ts';
import type { Connections, Statement } from './connections.ts';
import { subjectColumns } from './statements.ts';

export function subjectsIn({ repeatable }: Connections): SubjectStore {
  const changes = async (text: string, id: string) => (await repeatable({ text }, [id])).changes > 0;
  return {
    putSubject: async (id, { email = null, account = null, role = null }) => {
      const { rows } = await repeatable(put, [id, email, account, role]);
      const [row] = rows;
      if (row === undefined) throw new Error('a subject was put and not returned');
      return subjectOf(row);
    },
    readSubject: async (id) => {
      const { rows } = await repeatable<SubjectRow & Record<string, unknown>>(
        { text: `SELECT ${subjectColumns} FROM refract.subject WHERE id = $1` },
        [id],
      );
      return rows[0] && subjectOf(rows[0]);
    },
    disableSubject: (id) =>
      changes(
        `UPDATE refract.subject SET disabled_at = coalesce(disabled_at, refract.now())
          WHERE id = $1 AND deleted_at IS NULL`,
        id,
      ),
    enableSubject: (id) =>
      changes('UPDATE refract.subject SET disabled_at = NULL WHERE id = $1 AND deleted_at IS NULL', id),
    deleteSubject: (id) =>
      changes(
        `UPDATE refract.subject
            SET deleted_at = refract.now(), email = NULL, account = NULL, role = NULL, disabled_at = NULL
          WHERE id = $1 AND deleted_at IS NULL`,
        id,
      ),
    changeCredentials: (id) =>
      changes(
        `UPDATE refract.subject SET credential_version = ${freshVersion} WHERE id = $1 AND deleted_at IS NULL`,
        id,
      ),
  };
}

/** As SQLite draws it: 32 hexadecimal digits. */
export const freshVersion = "replace(gen_random_uuid()::text, '-', '')";

// A subject that comes back after it was deleted is a new one: its old sessions stay stale.
const put: Statement<SubjectRow & Record<string, unknown>> = {
  name: 'refract_put_subject',
  text: `INSERT INTO refract.subject AS there (id, credential_version, email, account, role)
         VALUES ($1, ${freshVersion}, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET
           email = excluded.email, account = excluded.account, role = excluded.role,
           credential_version =
             CASE WHEN there.deleted_at IS NULL THEN there.credential_version ELSE excluded.credential_version END,
           disabled_at = CASE WHEN there.deleted_at IS NULL THEN there.disabled_at END,
           deleted_at = NULL
         RETURNING ${subjectColumns}`,
};
