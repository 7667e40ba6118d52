// The part of the store that removes what is over: sessions that have ended for good, and then their subjects' tombstones.
import type { Database } from 'better-sqlite3';
import type { PurgeStore } from '../../admin/ports.ts';
import type { GroupCommit } from './group-commit.ts';

/** @param clock integer seconds since 1970 */
export function purgingIn(database: Database, { commit }: GroupCommit, clock: () => number): PurgeStore {
  const { sessions, tombstones } = prepare(database);
  // A savepoint inside of the group's transaction: a batch is removed, or nothing.
  const purge = database.transaction((before: number, batch: number) => {
    const removed = sessions.run({ before, most: batch }).changes;
    // Tombstones only with room that sessions left, so that a long purge does not look through all of them each time.
    const rest = batch - removed;
    return { sessions: removed, subjects: rest === 0 ? 0 : tombstones.run({ before, most: rest }).changes };
  });
  return { purge: (olderThan, batch) => commit(() => purge(clock() - olderThan, batch)) };
}

function prepare(database: Database) {
  return {
    // By `expires_at` alone: revocation never moves it, and no token outlives it.
    sessions: database.prepare<[object]>(
      `DELETE FROM session
        WHERE id IN (SELECT id FROM session WHERE expires_at <= $before ORDER BY expires_at LIMIT $most)`,
    ),
    tombstones: database.prepare<[object]>(
      `DELETE FROM subject
        WHERE id IN (SELECT id FROM subject
                      WHERE deleted_at <= $before
                        AND NOT EXISTS (SELECT 1 FROM session WHERE session.subject_id = subject.id)
                      ORDER BY deleted_at LIMIT $most)`,
    ),
  };
}
