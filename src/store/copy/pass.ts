// One pass over a table: both ends digest their rows range by range, and only ranges that differ are read and made
// alike. So whatever was copied before counts, by whichever process, and the digests of the last pass are the proof.
//
// What the target holds is remembered from pass to pass, since nobody else writes to it: while the source is held, only
// the source is digested, and of that only what can have changed.
import { hash } from 'node:crypto';
import { RefractError } from '../../errors.ts';
import { rangesAtOnce, type CopyEnd, type Digest, type Key, type Range, type Reader } from './ends.ts';
import { lowestKey, type CopiedTable, type Row } from './tables.ts';

/** A range as the target holds it. */
interface Held extends Range, Digest {
  /** Whether the source had the same when it was read. */
  readonly isAlike: boolean;
}

export interface Passed {
  /** All of the table, in the order of the keys. */
  readonly held: readonly Held[];
  readonly written: number;
  readonly removed: number;
}

/** Makes the target's table like the source's, as far as nobody writes to that meanwhile. */
export async function pass(source: Reader, target: CopyEnd, table: CopiedTable): Promise<Passed> {
  const alike = makingAlike(source, target, table);
  const held: Held[] = [];
  for (let from: Key | undefined = lowestKey(table); from !== undefined;) {
    const bounds: readonly Key[] = await source.boundaries(table, from);
    const ranges = rangesOf(from, bounds);
    const [there, here] = await Promise.all([target.digests(table, ranges), source.digests(table, ranges)]);
    held.push(...(await alike.make(combined(ranges, there, here), here)));
    from = bounds.length < rangesAtOnce ? undefined : bounds.at(-1);
  }
  return { held, ...alike.counts() };
}

export interface LastPassOptions {
  /** When the pass before began, where the source can tell what has changed since. */
  readonly since: string | undefined;
  /** Called again and again; throws to break the pass off. */
  readonly check: () => void;
}

/**
 * Makes the target's table like the source's, to which nobody writes.
 * @param before what the target holds
 * @throws RefractError `store` where a difference is left
 */
export async function lastPass(
  source: Reader,
  target: CopyEnd,
  table: CopiedTable,
  before: readonly Held[],
  { since, check }: LastPassOptions,
): Promise<Passed> {
  const alike = makingAlike(source, target, table);
  const making = async (ranges: readonly Held[]): Promise<readonly Held[]> => {
    const made: Held[] = [];
    for (let first = 0; first < ranges.length; first += rangesAtOnce) {
      check();
      const some = ranges.slice(first, first + rangesAtOnce);
      const here = await source.digests(table, some);
      const there = await alike.make(some, here);
      if (!there.every(({ isAlike }) => isAlike)) {
        throw new RefractError(
          'store',
          `What ${target.place} holds of ${table.name} is not what was written to it; nothing was switched. Does another program write to it?`,
        );
      }
      made.push(...there);
    }
    return made;
  };
  const found = since === undefined ? undefined : await source.changes?.since(table, since);
  if (found !== undefined) {
    const touched = new Set(found.keys.map((key) => before[indexOf(before, key, table)]));
    const made = await making(before.filter((range) => touched.has(range) || !range.isAlike));
    const anew = new Map(made.map((range) => [JSON.stringify(range.from), range]));
    const held = before.map((range) => anew.get(JSON.stringify(range.from)) ?? range);
    // Only a row that was removed is not told of as changed; then there are fewer.
    if (rowsIn(held) === found.rows) return { held, ...alike.counts() };
    return { held: await making(held), ...alike.counts() };
  }
  return { held: await making(before), ...alike.counts() };
}

export function rowsIn(held: readonly Held[]): number {
  return held.reduce((sum, { rows }) => sum + rows, 0);
}

/** SHA-256 over the digests of all ranges. */
export function checksumOf(held: readonly Held[]): string {
  return hash('sha256', held.map(({ digest }) => digest).join(','));
}

/** The last one is open where it is the end of the table. */
function rangesOf(from: Key, bounds: readonly Key[]): readonly Range[] {
  const starts = [from, ...bounds];
  const ranges = starts.map((start, index): Range => ({ from: start, to: bounds[index] }));
  return bounds.length < rangesAtOnce ? ranges : ranges.slice(0, -1);
}

function combined(ranges: readonly Range[], there: readonly Digest[], here: readonly Digest[]): readonly Held[] {
  return ranges.map(({ from, to }, index) => {
    const { rows, digest } = there[index] ?? { rows: 0, digest: '' };
    return { from, to, rows, digest, isAlike: digest === here[index]?.digest };
  });
}

/** The range that a key is in. */
function indexOf(held: readonly Range[], key: Key, { key: names }: CopiedTable): number {
  let [low, high] = [0, held.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isBefore(key, held[middle]?.from ?? [], names.length)) high = middle - 1;
    else low = middle;
  }
  return low;
}

/** In the order of both databases: texts by their bytes. */
function isBefore(one: Key, other: Key, length: number): boolean {
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [one[index] ?? null, other[index] ?? null];
    const order =
      typeof left === 'number' || typeof right === 'number'
        ? Number(left) - Number(right)
        : Buffer.compare(Buffer.from(left ?? ''), Buffer.from(right ?? ''));
    if (order !== 0) return order < 0;
  }
  return false;
}

function makingAlike(source: Reader, target: CopyEnd, table: CopiedTable) {
  let [written, removed] = [0, 0];
  return {
    counts: () => ({ written, removed }),
    /** @returns what the target holds then */
    make: async (there: readonly Held[], here: readonly Digest[]): Promise<readonly Held[]> => {
      const isSame = (index: number): boolean => there[index]?.digest === here[index]?.digest;
      const differing = there.filter((_, index) => !isSame(index));
      if (differing.length === 0) return there.map((range) => ({ ...range, isAlike: true }));
      const change = await changeOf(source, target, table, differing);
      if (change.rows.length + change.removed.length > 0) await target.write(table, change.rows, change.removed);
      written += change.rows.length;
      removed += change.removed.length;
      const wanted = here.filter((_, index) => !isSame(index));
      const anew = combined(differing, await target.digests(table, differing), wanted);
      return there.map((range) => anew[differing.indexOf(range)] ?? { ...range, isAlike: true });
    },
  };
}

interface Change {
  readonly rows: readonly Row[];
  readonly removed: readonly Key[];
}

async function changeOf(source: Reader, target: Reader, table: CopiedTable, ranges: readonly Range[]): Promise<Change> {
  const columns = Object.keys(table.columns);
  const keyOf = (row: Row): Key => table.key.map((name) => row[name] ?? null);
  const textOf = (row: Row): string => JSON.stringify(columns.map((name) => row[name] ?? null));
  const [there, here] = await Promise.all([target.rows(table, ranges), source.rows(table, ranges)]);
  const gone = new Map(there.map((row) => [JSON.stringify(keyOf(row)), row]));
  const rows = here.filter((row) => {
    const key = JSON.stringify(keyOf(row));
    const found = gone.get(key);
    gone.delete(key);
    return found === undefined || textOf(found) !== textOf(row);
  });
  return { rows, removed: table.isFenced ? [...gone.values()].map(keyOf) : [] };
}
