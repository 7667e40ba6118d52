// Reads of a synchronous driver behind an asynchronous port.
import type { Database } from 'better-sqlite3';
import { translated } from './failures.ts';

/** A synchronous read as the port wants it: what it throws becomes a rejection. */
export function reading<Input extends unknown[], Output>(read: (...input: Input) => Output) {
  return (...input: Input): Promise<Output> => {
    try {
      return Promise.resolve(read(...input));
    } catch (reason) {
      return Promise.reject(translated(reason));
    }
  };
}

interface Waiting<Output> {
  readonly key: string;
  readonly resolve: (output: Output) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Reads of one turn of the event loop share a transaction: to begin and end one takes longer than a read. Each read sees
 * all that was committed when it was called.
 * @param readOne reads within the transaction; what it throws fails its own read alone
 */
export function readingTogether<Output>(database: Database, readOne: (key: string) => Output) {
  let waiting: Waiting<Output>[] = [];
  const readAll = database.transaction((all: readonly Waiting<Output>[]) => all.map(readAlone));
  const readAlone = ({ key, resolve, reject }: Waiting<Output>): (() => void) => {
    try {
      const output = readOne(key);
      return () => resolve(output);
    } catch (reason) {
      return () => reject(translated(reason));
    }
  };
  const turn = (): void => {
    const all = waiting;
    waiting = [];
    try {
      for (const settle of readAll(all)) settle();
    } catch (reason) {
      for (const { reject } of all) reject(translated(reason));
    }
  };
  return (key: string): Promise<Output> =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(turn);
      waiting.push({ key, resolve, reject });
    });
}
