// The part of the store that keeps subjects.
import type { SubjectStore } from '../../admin/ports.ts';
import type { Subject } from '../../engine/session.ts';
import { subjectColumns, subjectOf, type Row } from '../rows.ts';
import { only, type Connections, type Statement } from './connections.ts';

export function subjectsIn({ repeatable }: Connections): SubjectStore {
  /** Changes a subject that is not deleted. */
  const change = async (id: string, set: string) =>
    (await repeatable(`UPDATE refract.subject SET ${set} WHERE id = $1 AND deleted_at IS NULL`, [id])).changes > 0;
  return {
    putSubject: async (id, { email = null, account = null, role = null }) =>
      subjectOf(only((await repeatable(put, [id, email, account, role])).rows)),
    readSubject: async (id) => {
      const text = `SELECT ${subjectColumns} FROM refract.subject WHERE id = $1`;
      const { rows } = await repeatable<Row<Subject>>(text, [id]);
      return rows[0] && subjectOf(rows[0]);
    },
    disableSubject: (id) => change(id, 'disabled_at = coalesce(disabled_at, refract.now())'),
    enableSubject: (id) => change(id, 'disabled_at = NULL'),
    deleteSubject: (id) =>
      change(id, 'deleted_at = refract.now(), email = NULL, account = NULL, role = NULL, disabled_at = NULL'),
    changeCredentials: (id) => change(id, `credential_version = ${freshVersion}`),
  };
}

/** As SQLite draws it: 32 hexadecimal digits. */
export const freshVersion = "replace(gen_random_uuid()::text, '-', '')";

// A subject that is put again after its deletion is a new one: its old sessions stay stale.
const put: Statement<Row<Subject>> = {
  name: 'refract_put_details',
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
