// The source and the target of a copy, and what both kinds of database do alike.
import { RefractError } from '../../errors.ts';
import type { RunText } from '../sql/operation.ts';
import { storeError } from '../store.ts';
import { countRows, createReader, type Key, type NameTable, type Reader, type ReaderSql } from './reader.ts';
import { allTables, fencedTables, findMark, keyOf, keySets, markTable } from './tables.ts';
import type { CopiedTable, Mark, Row } from './tables.ts';

/** The state of a database before a copy. */
export interface CopyState {
  /** Equal for all addresses of one database. */
  readonly identity: string;
  readonly marks: readonly Mark[];
  /** Rows by table. */
  readonly counts: ReadonlyMap<string, number>;
  /** Its clock, in seconds. */
  readonly now: number;
}

/** A database as source or target of a copy. */
export type CopyDatabase = ReturnType<typeof createCopyDatabase>;

/** What the two kinds of database do differently. */
export interface CopyDriver {
  readonly name: string;
  readonly prefix: '' | 'refract.';
  readonly run: RunText;
  /** All or nothing. */
  readonly transaction: <T>(work: (run: RunText) => Promise<T>) => Promise<T>;
  /** A transaction that keeps all others from writing to the tables. */
  readonly fence: <T>(tables: string, timer: FenceTimer, work: (run: RunText) => Promise<T>) => Promise<T>;
  readonly identify: () => Promise<string>;
  readonly readMarks: (run: RunText) => Promise<readonly Mark[]>;
  readonly insert: (run: RunText, table: CopiedTable, nameTable: NameTable, rows: readonly Row[]) => Promise<void>;
  readonly remove: (run: RunText, table: CopiedTable, name: string, keys: readonly Key[]) => Promise<void>;
  readonly close: () => Promise<void>;
  /** Parts of statements. */
  readonly sql: ReaderSql & {
    readonly now: string;
    readonly createMarks: string;
    /** Statements before and after the tables of the target are renamed. */
    readonly preparing: readonly [before: (tables: string) => string, after: string] | undefined;
    readonly opening: readonly [before: string, after: string] | undefined;
  };
}

/** @param marks those of the database when it is opened */
export function createCopyDatabase(driver: CopyDriver, marks: readonly Mark[]) {
  const { name, prefix, run, transaction, sql } = driver;
  const markRows = `${prefix}${markTable}`;
  const namesWith =
    (role: '' | 'copied_' | 'arriving_'): NameTable =>
    (table) =>
      `${prefix}${table.isFenced ? role : ''}${table.name}`;
  let nameTable = namesWith(findMark(marks, 'left') ? 'copied_' : findMark(marks, 'arriving') ? 'arriving_' : '');

  const addMark = async (execute: RunText, role: Mark['role'], id: string, otherName: string): Promise<void> => {
    await execute(sql.createMarks);
    await execute(`INSERT INTO ${markRows} (role, id, place, at) VALUES ($1, $2, $3, ${sql.now})`, [
      role,
      id,
      otherName,
    ]);
  };
  const renameTables = async (execute: RunText, from: string, to: string): Promise<void> => {
    for (const table of fencedTables) {
      await execute(`ALTER TABLE ${prefix}${from}${table.name} RENAME TO ${to}${table.name}`);
    }
  };
  const countAll = async (execute: RunText): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>();
    for (const table of allTables) counts.set(table.name, await countRows(execute, nameTable(table)));
    return counts;
  };
  const write = async (
    execute: RunText,
    table: CopiedTable,
    names: NameTable,
    rows: readonly Row[],
    removed: readonly Key[],
  ): Promise<void> => {
    const keys = table.isRemovedFirst ? [...removed, ...rows.map((row) => keyOf(table, row))] : removed;
    if (keys.length > 0) await driver.remove(execute, table, names(table), keys);
    if (rows.length > 0) await driver.insert(execute, table, names, rows);
  };

  return {
    /** As it may be printed. */
    name,
    ...createReader(sql, run, (table) => nameTable(table)),
    readState: async (): Promise<CopyState> => {
      const [clock] = (await run<{ now: number }>(`SELECT ${sql.now} AS now`)).rows;
      const [identity, found] = [await driver.identify(), await driver.readMarks(run)];
      return { identity, marks: found, counts: await countAll(run), now: clock?.now ?? 0 };
    },
    /** Marks the source of the copy `id`; an earlier copy from the same source can no longer be finished. */
    markSource: (id: string, targetName: string): Promise<void> =>
      transaction(async (execute) => {
        await addMark(execute, 'leaving', id, targetName);
        await execute(`DELETE FROM ${markRows} WHERE role = 'leaving' AND id <> $1`, [id]);
      }),
    /**
     * Locks the tables of the source against all others, runs `work` on them, and closes the source for good; if `work`
     * throws, nothing has changed.
     * @throws RefractError `held_too_long`
     */
    closeSource: async <T>(
      id: string,
      targetName: string,
      timer: FenceTimer,
      work: (locked: Reader) => Promise<T>,
    ): Promise<T> => {
      const output = await driver.fence(fencedTables.map(nameTable).join(', '), timer, async (execute) => {
        const isCurrent = (await driver.readMarks(execute)).some((mark) => mark.role === 'leaving' && mark.id === id);
        if (!isCurrent) throw storeError(`Another copy of ${name} was started meanwhile; this one is abandoned.`);
        const result = await work(createReader(sql, execute, nameTable));
        await renameTables(execute, '', 'copied_');
        await execute(`DELETE FROM ${markRows} WHERE role = 'leaving'`);
        await addMark(execute, 'left', id, targetName);
        return result;
      });
      nameTable = namesWith('copied_');
      return output;
    },
    /** Makes an empty database the target of the copy `id`: closed until `openTarget`, except for the key sets. */
    prepareTarget: async (id: string, sourceName: string, rows: readonly Row[]): Promise<void> => {
      const names = namesWith('arriving_');
      await transaction(async (execute) => {
        if (sql.preparing) await execute(sql.preparing[0](allTables.map(nameTable).join(', ')));
        if ([...(await countAll(execute)).values()].some((count) => count > 0)) {
          throw storeError(`${name} is no longer empty; nothing was copied to it.`);
        }
        await addMark(execute, 'arriving', id, sourceName);
        await renameTables(execute, '', 'arriving_');
        await write(execute, keySets, names, rows, []);
        if (sql.preparing) await execute(sql.preparing[1]);
      });
      nameTable = names;
    },
    /** Writes rows and removes those of the keys, all or none. */
    write: (table: CopiedTable, rows: readonly Row[], removed: readonly Key[]): Promise<void> =>
      transaction((execute) => write(execute, table, nameTable, rows, removed)),
    openTarget: async (id: string): Promise<void> => {
      await transaction(async (execute) => {
        if (sql.opening) await execute(sql.opening[0]);
        await renameTables(execute, 'arriving_', '');
        await execute(`UPDATE ${markRows} SET role = 'arrived' WHERE role = 'arriving' AND id = $1`, [id]);
        if (sql.opening) await execute(sql.opening[1]);
      });
      nameTable = namesWith('');
    },
    close: driver.close,
  };
}

export function lastPassTooLong(): RefractError {
  return new RefractError('held_too_long', 'the last pass took too long');
}

export type FenceTimer = ReturnType<typeof createFenceTimer>;

/** Limits how long the source is locked, counted from the moment at which others may have to wait. */
export function createFenceTimer(limitSeconds: number) {
  let startedAt: number | undefined;
  let limited: Promise<unknown> = Promise.resolve();
  const elapsedMs = (): number => (startedAt === undefined ? 0 : performance.now() - startedAt);
  const remainingMs = (): number => limitSeconds * 1_000 - elapsedMs();
  return {
    /** Called when others may have to wait from now on; a second call changes nothing. */
    start: (): void => {
      startedAt ??= performance.now();
    },
    remainingMs,
    /** @throws RefractError `held_too_long` if no time remains */
    check: (): void => {
      if (remainingMs() <= 0) throw lastPassTooLong();
    },
    /** Awaits work while time remains; late work continues until `settled`. @throws RefractError `held_too_long` */
    limit: async <Output>(work: Promise<Output>): Promise<Output> => {
      limited = work;
      let timeout: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timeout = setTimeout(() => reject(lastPassTooLong()), Math.max(0, remainingMs()));
      });
      try {
        return await Promise.race([work, late]);
      } finally {
        clearTimeout(timeout);
      }
    },
    /** Resolves when limited work has ended: its writes must not meet those of the next attempt. */
    settled: async (): Promise<void> => {
      await Promise.allSettled([limited]);
    },
    elapsedSeconds: (): number => elapsedMs() / 1_000,
  };
}
