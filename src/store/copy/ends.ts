// What a copy asks of the database at either end of it, and how both kinds of database do it.
import { RefractError } from '../../errors.ts';
import type { Hold } from './hold.ts';
import { markTable, prefixOf, type Mark } from './mark.ts';
import { countOf, readerOf, type Key, type Names, type Reader, type ReaderSql, type RunText } from './reader.ts';
import { allTables, fencedTables, keyOf, keySets, type CopiedTable, type Row } from './tables.ts';

/** What is found before anything is done. */
export interface Found {
  /** Equal for all names of one database. */
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
  /** Marks the source of the copy `id`; an earlier copy from the same source can no longer be finished. */
  readonly leave: (id: string, target: string) => Promise<void>;
  /**
   * Locks the tables of the source against all others, lets `work` read them, and shuts them for good; where `work`
   * throws, nothing has changed.
   * @throws RefractError `held_too_long`
   */
  readonly fence: <Result>(
    id: string,
    target: string,
    hold: Hold,
    work: (held: Reader) => Promise<Result>,
  ) => Promise<Result>;
  /** Makes an empty database the target of the copy `id`: shut until it is opened, except for the key sets. */
  readonly arrive: (id: string, source: string, keySets: readonly Row[]) => Promise<void>;
  /** Writes rows and removes those of the keys, all or none. */
  readonly write: (table: CopiedTable, rows: readonly Row[], removed: readonly Key[]) => Promise<void>;
  /** Opens the target in one step. */
  readonly open: (id: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A database of either kind: what the two do differently. Times are seconds. */
export interface CopyDatabase {
  readonly place: string;
  readonly schema: '' | 'refract.';
  readonly run: RunText;
  /** All or nothing. */
  readonly transaction: <Result>(work: (run: RunText) => Promise<Result>) => Promise<Result>;
  /** A transaction that keeps all others from writing to the tables. */
  readonly fence: <Result>(tables: string, hold: Hold, work: (run: RunText) => Promise<Result>) => Promise<Result>;
  readonly identify: () => Promise<string>;
  readonly marks: (run: RunText) => Promise<readonly Mark[]>;
  readonly insert: (run: RunText, table: CopiedTable, names: Names, rows: readonly Row[]) => Promise<void>;
  readonly remove: (run: RunText, table: CopiedTable, name: string, keys: readonly Key[]) => Promise<void>;
  readonly close: () => Promise<void>;
  /** Parts of statements. */
  readonly sql: ReaderSql & {
    readonly now: string;
    readonly makeMarks: string;
    readonly beforeArriving: (tables: string) => readonly string[];
    readonly afterArriving: readonly string[];
    readonly beforeOpening: readonly string[];
    readonly afterOpening: readonly string[];
  };
}

/** @param found the marks that the database has when it is opened */
export function endOf(database: CopyDatabase, found: readonly Mark[]): CopyEnd {
  const { place, schema, run, transaction, sql } = database;
  const marks = `${schema}${markTable}`;
  const namesWith =
    (prefix: string): Names =>
    ({ isFenced, name }) =>
      `${schema}${isFenced ? prefix : ''}${name}`;
  let nameOf = namesWith(prefixOf(found));

  const mark = async (inside: RunText, role: Mark['role'], id: string, other: string): Promise<void> => {
    await inside(sql.makeMarks);
    await inside(`INSERT INTO ${marks} (role, id, place, at) VALUES ($1, $2, $3, ${sql.now})`, [role, id, other]);
  };
  const rename = async (inside: RunText, from: string, to: string): Promise<void> => {
    for (const { name } of fencedTables) await inside(`ALTER TABLE ${schema}${from}${name} RENAME TO ${to}${name}`);
  };
  const runAll = async (inside: RunText, statements: readonly string[]): Promise<void> => {
    for (const text of statements) await inside(text);
  };
  const countsIn = async (inside: RunText): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>();
    for (const table of allTables) counts.set(table.name, await countOf(inside, nameOf(table)));
    return counts;
  };
  const put = async (
    inside: RunText,
    table: CopiedTable,
    names: Names,
    rows: readonly Row[],
    removed: readonly Key[],
  ): Promise<void> => {
    const going = table.isReplaced ? [...removed, ...rows.map((row) => keyOf(table, row))] : removed;
    if (going.length > 0) await database.remove(inside, table, names(table), going);
    if (rows.length > 0) await database.insert(inside, table, names, rows);
  };

  return {
    place,
    ...readerOf(sql, run, (table) => nameOf(table)),
    look: async () => {
      const [clock] = (await run<{ now: number }>(`SELECT ${sql.now} AS now`)).rows;
      return {
        identity: await database.identify(),
        marks: await database.marks(run),
        counts: await countsIn(run),
        now: clock?.now ?? 0,
      };
    },
    leave: (id, target) =>
      transaction(async (inside) => {
        await mark(inside, 'leaving', id, target);
        await inside(`DELETE FROM ${marks} WHERE role = 'leaving' AND id <> $1`, [id]);
      }),
    fence: async (id, target, hold, work) => {
      const result = await database.fence(fencedTables.map(nameOf).join(', '), hold, async (inside) => {
        const isOurs = (await database.marks(inside)).some((each) => each.role === 'leaving' && each.id === id);
        if (!isOurs)
          throw new RefractError('store', `Another copy of ${place} was begun meanwhile; this one is given up.`);
        const done = await work(readerOf(sql, inside, nameOf));
        await rename(inside, '', 'copied_');
        await inside(`DELETE FROM ${marks} WHERE role = 'leaving'`);
        await mark(inside, 'left', id, target);
        return done;
      });
      nameOf = namesWith('copied_');
      return result;
    },
    arrive: async (id, source, rows) => {
      const names = namesWith('arriving_');
      await transaction(async (inside) => {
        await runAll(inside, sql.beforeArriving(allTables.map(nameOf).join(', ')));
        if ([...(await countsIn(inside)).values()].some((count) => count > 0)) {
          throw new RefractError('store', `Something was written to ${place} meanwhile; nothing was copied to it.`);
        }
        await mark(inside, 'arriving', id, source);
        await rename(inside, '', 'arriving_');
        await put(inside, keySets, names, rows, []);
        await runAll(inside, sql.afterArriving);
      });
      nameOf = names;
    },
    write: (table, rows, removed) => transaction((inside) => put(inside, table, nameOf, rows, removed)),
    open: async (id) => {
      await transaction(async (inside) => {
        await runAll(inside, sql.beforeOpening);
        await rename(inside, 'arriving_', '');
        await inside(`UPDATE ${marks} SET role = 'arrived' WHERE role = 'arriving' AND id = $1`, [id]);
        await runAll(inside, sql.afterOpening);
      });
      nameOf = namesWith('');
    },
    close: database.close,
  };
}
