// Group commit: writes that wait together share one BEGIN IMMEDIATE transaction and so one wait for the disk.
import type { Database } from 'better-sqlite3';
import { isUnavailable } from '../../errors.ts';
import { translated } from './failures.ts';

/** More than this at once would keep the process from answering anything else for too long. */
const largestGroup = 256;

interface Waiting {
  /** Runs the write; the value it returns settles the caller once the group is on disk. */
  readonly run: () => () => void;
  readonly fail: (reason: unknown) => void;
}

/** What one group came to. */
export interface GroupCommitted {
  readonly writes: number;
  /** From its beginning until it was on disk, or had failed. */
  readonly seconds: number;
  readonly isDurable: boolean;
}

export interface GroupCommit {
  /**
   * Runs `write` in the next group and resolves with its value once that is durable. `write` is one statement, or
   * takes care of its own savepoint: what it throws fails it alone, and the others of the group are kept.
   * @throws RefractError `unavailable` if the group could not be committed; then nothing was changed
   */
  readonly commit: <T>(write: () => T) => Promise<T>;
  /** Commits what still waits. */
  readonly drain: () => void;
}

/**
 * Groups the writes of one connection; nothing else may begin a transaction on it that outlasts a call.
 * @param observe told of every group, after its writes were settled
 */
export function createGroupCommit(database: Database, observe?: (group: GroupCommitted) => void): GroupCommit {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const waiting: Waiting[] = [];

  function commitGroup(): void {
    const group = waiting.splice(0, largestGroup);
    if (waiting.length > 0) setImmediate(commitGroup);
    if (group.length === 0) return;
    if (observe === undefined) {
      commitNow(group);
      return;
    }
    const since = performance.now();
    const isDurable = commitNow(group);
    observe({ writes: group.length, seconds: (performance.now() - since) / 1000, isDurable });
  }

  function commitNow(group: readonly Waiting[]): boolean {
    try {
      begin.run();
      const settlements = group.map(runAlone);
      commit.run();
      for (const settle of settlements) settle();
      return true;
    } catch (reason) {
      if (database.inTransaction) rollback.run();
      for (const { fail } of group) fail(translated(reason));
      return false;
    }
  }

  function runAlone({ run, fail }: Waiting): () => void {
    try {
      return run();
    } catch (reason) {
      const translatedReason = translated(reason);
      // A full disk or a failing one is the whole group's trouble, and SQLite may have rolled it back already.
      if (isUnavailable(translatedReason) || !database.inTransaction) throw reason;
      return () => {
        fail(translatedReason);
      };
    }
  }

  return {
    commit: (write) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commitGroup);
        waiting.push({
          run: () => {
            const value = write();
            return () => {
              resolve(value);
            };
          },
          fail: reject,
        });
      }),
    drain: () => {
      while (waiting.length > 0) commitGroup();
    },
  };
}
