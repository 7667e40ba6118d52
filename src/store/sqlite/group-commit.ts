// Group commit: queued writes share one BEGIN IMMEDIATE transaction and so one wait for the disk. Queued reads share one
// transaction as well, since to begin and end one takes longer than a read.
import type { Database } from 'better-sqlite3';
import { isUnavailable } from '../../errors.ts';
import { translateError } from './statements.ts';

/** Writes; a larger group would block the process for too long. */
const largestGroup = 256;

interface QueuedWrite {
  /** Runs the write and returns what resolves its promise once the group is on disk. */
  readonly run: () => () => void;
  readonly fail: (reason: unknown) => void;
}

export interface GroupCommitted {
  readonly writes: number;
  /** From the begin of the group until it was on disk or had failed. */
  readonly seconds: number;
  readonly isDurable: boolean;
}

/**
 * Groups the writes of one connection; no other code may begin a transaction on it that outlasts a call.
 * @param observe called for every group, after its writes were settled
 */
export function createGroupCommit(database: Database, observe?: (group: GroupCommitted) => void) {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');
  const queue: QueuedWrite[] = [];

  function commitGroup(): void {
    const group = queue.splice(0, largestGroup);
    if (queue.length > 0) setImmediate(commitGroup);
    if (group.length === 0) return;
    if (observe === undefined) {
      commitNow(group);
      return;
    }
    const since = performance.now();
    const isDurable = commitNow(group);
    observe({ writes: group.length, seconds: (performance.now() - since) / 1000, isDurable });
  }

  function commitNow(group: readonly QueuedWrite[]): boolean {
    try {
      begin.run();
      const settlements = group.map(runAlone);
      commit.run();
      for (const settle of settlements) settle();
      return true;
    } catch (reason) {
      if (database.inTransaction) rollback.run();
      for (const { fail } of group) fail(translateError(reason));
      return false;
    }
  }

  function runAlone({ run, fail }: QueuedWrite): () => void {
    try {
      return run();
    } catch (reason) {
      const error = translateError(reason);
      // A full or failing disk fails the whole group, and SQLite may have rolled it back already.
      if (isUnavailable(error) || !database.inTransaction) throw reason;
      return () => fail(error);
    }
  }

  return {
    /**
     * Runs `write` in the next group and resolves with its value once that is durable. `write` is one statement, or has
     * a savepoint of its own: an error that it throws fails this write alone.
     * @throws RefractError `unavailable` if the group could not be committed; then nothing was changed
     */
    commit: <T>(write: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(commitGroup);
        const run = () => {
          const value = write();
          return () => resolve(value);
        };
        queue.push({ run, fail: reject });
      }),
    /** Commits pending writes. */
    drain: (): void => {
      while (queue.length > 0) commitGroup();
    },
  };
}

interface QueuedRead<Output> {
  readonly key: string;
  readonly resolve: (output: Output) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Reads by keys: those of one turn of the event loop share a transaction. Each sees all that was committed before it was
 * called.
 * @param readOne reads within the transaction; an error that it throws fails this read alone
 */
export function createGroupRead<Output>(database: Database, readOne: (key: string) => Output) {
  let queue: QueuedRead<Output>[] = [];
  const readAll = database.transaction((group: readonly QueuedRead<Output>[]) => group.map(readAlone));
  const readAlone = ({ key, resolve, reject }: QueuedRead<Output>): (() => void) => {
    try {
      const output = readOne(key);
      return () => resolve(output);
    } catch (reason) {
      return () => reject(translateError(reason));
    }
  };
  const readGroup = (): void => {
    const group = queue;
    queue = [];
    try {
      for (const settle of readAll(group)) settle();
    } catch (reason) {
      for (const { reject } of group) reject(translateError(reason));
    }
  };
  return (key: string): Promise<Output> =>
    new Promise((resolve, reject) => {
      if (queue.length === 0) setImmediate(readGroup);
      queue.push({ key, resolve, reject });
    });
}
