// One pass over a table: both databases digest their rows range by range, and only ranges that differ are read and
// written. So rows of earlier runs count, and the digests of the last pass are the proof.
import { hash } from 'node:crypto';
import { storeError } from '../store.ts';
import type { CopyDatabase } from './database.ts';
import { rangesPerStatement, type Digest, type Key, type Range, type Reader } from './reader.ts';
import { keyOf, lowestKey, type CopiedTable, type Row } from './tables.ts';

/** A range of the target, with its digest. */
interface TargetRange extends Range, Digest {
  /** Whether the source had the same rows. */
  readonly isEqual: boolean;
}

export interface PassResult {
  /** All ranges of the table, in the order of the keys. */
  readonly ranges: readonly TargetRange[];
  readonly written: number;
  readonly removed: number;
}

/** Writes the rows of the source's table to the target, except for changes during the pass. */
export async function runPass(source: Reader, target: CopyDatabase, table: CopiedTable): Promise<PassResult> {
  const pass = startPass(source, target, table);
  const done: TargetRange[] = [];
  for (let from: Key | undefined = lowestKey(table); from !== undefined;) {
    const bounds: readonly Key[] = await source.boundaries(table, from);
    const ranges = toRanges(from, bounds);
    const [targetDigests, digests] = await Promise.all([target.digests(table, ranges), source.digests(table, ranges)]);
    done.push(...(await pass.equalize(combine(ranges, targetDigests, digests), digests)));
    from = bounds.length < rangesPerStatement ? undefined : bounds.at(-1);
  }
  return { ranges: done, ...pass.counts };
}

export interface LastPassOptions {
  /** When the pass before began, if the source knows its changes since. */
  readonly since: string | undefined;
  /** Called between batches; throws to abandon the pass. */
  readonly check: () => void;
}

/**
 * Makes the target's table equal to the source's, which is locked.
 * @param before the ranges of the target after the pass before; no other program writes to it
 * @throws RefractError `store` if a difference is left
 */
export async function runLastPass(
  source: Reader,
  target: CopyDatabase,
  table: CopiedTable,
  before: readonly TargetRange[],
  { since, check }: LastPassOptions,
): Promise<PassResult> {
  const pass = startPass(source, target, table);
  const equalize = async (ranges: readonly TargetRange[]): Promise<readonly TargetRange[]> => {
    const done: TargetRange[] = [];
    for (let first = 0; first < ranges.length; first += rangesPerStatement) {
      check();
      const some = ranges.slice(first, first + rangesPerStatement);
      const equalized = await pass.equalize(some, await source.digests(table, some));
      if (!equalized.every(({ isEqual }) => isEqual)) {
        throw storeError(
          `${target.name} has other rows in ${table.name} than the copy wrote; stop other programs that use it.`,
        );
      }
      done.push(...equalized);
    }
    return done;
  };
  const changes = since === undefined ? undefined : await source.changes?.since(table, since);
  if (changes === undefined) return { ranges: await equalize(before), ...pass.counts };
  const touched = new Set(changes.keys.map((key) => before[findRange(before, key, table)]));
  const equalized = await equalize(before.filter((range) => touched.has(range) || !range.isEqual));
  const byStart = new Map(equalized.map((range) => [JSON.stringify(range.from), range]));
  const ranges = before.map((range) => byStart.get(JSON.stringify(range.from)) ?? range);
  // Removed rows are not among the changes; then the source has fewer rows.
  const isComplete = countRows(ranges) === changes.rows;
  return { ranges: isComplete ? ranges : await equalize(ranges), ...pass.counts };
}

export function countRows(ranges: readonly Digest[]): number {
  return ranges.reduce((sum, { rows }) => sum + rows, 0);
}

/** SHA-256 over the digests of all ranges. */
export function checksumOf(ranges: readonly Digest[]): string {
  return hash('sha256', ranges.map(({ digest }) => digest).join(','));
}

/** The last range of the table has no end. */
function toRanges(from: Key, bounds: readonly Key[]): readonly Range[] {
  const ranges = [from, ...bounds].map((start, index): Range => ({ from: start, to: bounds[index] }));
  return bounds.length < rangesPerStatement ? ranges : ranges.slice(0, -1);
}

function combine(
  ranges: readonly Range[],
  targetDigests: readonly Digest[],
  sourceDigests: readonly Digest[],
): readonly TargetRange[] {
  return ranges.map(({ from, to }, index) => {
    const { rows, digest } = targetDigests[index] ?? { rows: 0, digest: '' };
    return { from, to, rows, digest, isEqual: digest === sourceDigests[index]?.digest };
  });
}

/** @returns the index of the range that has the key */
function findRange(ranges: readonly Range[], key: Key, { key: names }: CopiedTable): number {
  let [low, high] = [0, ranges.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isBefore(key, ranges[middle]?.from ?? [], names.length)) high = middle - 1;
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

function startPass(source: Reader, target: CopyDatabase, table: CopiedTable) {
  const counts = { written: 0, removed: 0 };
  return {
    counts,
    /** Writes the differences of the ranges to the target. @returns the ranges of the target after that */
    equalize: async (
      ranges: readonly TargetRange[],
      sourceDigests: readonly Digest[],
    ): Promise<readonly TargetRange[]> => {
      const isSame = (index: number): boolean => ranges[index]?.digest === sourceDigests[index]?.digest;
      const differing = ranges.filter((_, index) => !isSame(index));
      if (differing.length === 0) return ranges.map((range) => ({ ...range, isEqual: true }));
      const { rows, removed } = await findChanges(source, target, table, differing);
      if (rows.length + removed.length > 0) await target.write(table, rows, removed);
      counts.written += rows.length;
      counts.removed += removed.length;
      const wanted = sourceDigests.filter((_, index) => !isSame(index));
      const equalized = combine(differing, await target.digests(table, differing), wanted);
      return ranges.map((range) => equalized[differing.indexOf(range)] ?? { ...range, isEqual: true });
    },
  };
}

async function findChanges(
  source: Reader,
  target: Reader,
  table: CopiedTable,
  ranges: readonly Range[],
): Promise<{ readonly rows: readonly Row[]; readonly removed: readonly Key[] }> {
  const all = { key: Object.keys(table.columns) };
  const [existing, wanted] = await Promise.all([target.rows(table, ranges), source.rows(table, ranges)]);
  const removed = new Map(existing.map((row) => [JSON.stringify(keyOf(table, row)), row]));
  const rows = wanted.filter((row) => {
    const key = JSON.stringify(keyOf(table, row));
    const found = removed.get(key);
    removed.delete(key);
    return found === undefined || JSON.stringify(keyOf(all, found)) !== JSON.stringify(keyOf(all, row));
  });
  return { rows, removed: table.isFenced ? [...removed.values()].map((row) => keyOf(table, row)) : [] };
}
