// The part of the store that removes what is over. One instance at a time does; the others wait for their turn.
import type { PurgeStore } from '../../admin/ports.ts';
import type { Connections } from './connections.ts';
import { lockSpace } from './migrations.ts';

const purgeLock = 2;

/** Milliseconds for a statement that removes a batch: who stops a server waits for the one that is under way. */
export const batchTimeout = 5_000;

export function purgingIn({ transaction }: Connections): PurgeStore {
  return {
    purge: (olderThan, batch) =>
      transaction(async (run) => {
        await run({ text: 'SELECT pg_advisory_xact_lock($1, $2)' }, [lockSpace, purgeLock]);
        const { rows } = await run<{ before: number }>({ text: 'SELECT refract.now() - $1::bigint AS before' }, [
          olderThan,
        ]);
        const before = rows[0]?.before ?? 0;
        const { changes: sessions } = await run({ text: removeSessions }, [before, batch]);
        // Tombstones only with room that sessions left, so that a long purge does not look through all of them each time.
        const rest = batch - sessions;
        return { sessions, subjects: rest === 0 ? 0 : (await run({ text: removeTombstones }, [before, rest])).changes };
      }, batchTimeout),
  };
}

// By `expires_at` alone: revocation never moves it, and no token outlives it.
const removeSessions = `DELETE FROM refract.session
  WHERE id IN (SELECT id FROM refract.session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`;

// Said twice, since only the outer condition is judged anew for a subject that came back meanwhile.
const removeTombstones = `DELETE FROM refract.subject
  WHERE deleted_at <= $1
    AND id IN (SELECT id FROM refract.subject
                WHERE deleted_at <= $1
                  AND NOT EXISTS (SELECT 1 FROM refract.session WHERE session.subject_id = subject.id)
                ORDER BY deleted_at LIMIT $2)`;
