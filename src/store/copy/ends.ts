// What a copy asks of the database at either end of it.
import type { Hold } from './hold.ts';
import type { Mark } from './mark.ts';
import type { CopiedTable, Row, Value } from './tables.ts';

export type Key = readonly Value[];

/** Rows of consecutive keys, the first one of them included and `to` not; to the end where there is no `to`. */
export interface Range {
  readonly from: Key;
  readonly to: Key | undefined;
}

export interface Digest {
  readonly rows: number;
  /** SHA-256 over the rows in the order of their keys. */
  readonly digest: string;
}

/** Rows that a range has; and ranges that are asked for at once. */
export const rowsPerRange = 64;
export const rangesAtOnce = 128;

export interface Reader {
  /** Keys at which the next ranges from `from` end, `rangesAtOnce` at most; fewer where that is the end of the table. */
  readonly boundaries: (table: CopiedTable, from: Key) => Promise<readonly Key[]>;
  readonly digests: (table: CopiedTable, ranges: readonly Range[]) => Promise<readonly Digest[]>;
  readonly rows: (table: CopiedTable, ranges: readonly Range[]) => Promise<readonly Row[]>;
  /** Where the database itself knows which rows are new; so that while it is held only those have to be read. */
  readonly changes?: {
    /** All that was committed before is seen by whoever reads after it. */
    readonly moment: () => Promise<string>;
    /** Keys of rows that were added or changed since, perhaps with others; and how many rows there are in all. */
    readonly since: (
      table: CopiedTable,
      moment: string,
    ) => Promise<{ readonly keys: readonly Key[]; readonly rows: number }>;
  };
}

/** What is found before anything is done. */
export interface Found {
  /** The same for whatever leads to the same database. */
  readonly identity: string;
  readonly marks: readonly Mark[];
  /** By table. */
  readonly counts: ReadonlyMap<string, number>;
  /** Its clock, in seconds. */
  readonly now: number;
}

export interface CopyEnd extends Reader {
  /** As it may be printed. */
  readonly place: string;
  readonly look: () => Promise<Found>;
  /** Marks the source of the copy `id`; whatever copy it was the source of before can no longer be finished. */
  readonly leave: (id: string, target: string) => Promise<void>;
  /**
   * Holds the tables of the source so that nobody else writes, lets `work` read them, and shuts them for good; where
   * `work` throws, all is as it was.
   * @throws RefractError `held_too_long`
   */
  readonly fence: <Result>(
    id: string,
    target: string,
    hold: Hold,
    work: (held: Reader) => Promise<Result>,
  ) => Promise<Result>;
  /** Makes an empty database the target of the copy `id`: shut until it is opened, but for the key sets. */
  readonly arrive: (id: string, source: string, keySets: readonly Row[]) => Promise<void>;
  /** Writes rows and removes those of the keys, all or none. */
  readonly write: (table: CopiedTable, rows: readonly Row[], removed: readonly Key[]) => Promise<void>;
  /** Opens the target in one step. */
  readonly open: (id: string) => Promise<void>;
  readonly close: () => Promise<void>;
}
