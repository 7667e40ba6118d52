// Moves sessions from one database to another while they are used.
//
// Passes make the target like the source, each with less to do than the one before. The last one holds the source, and
// shuts it for good when both are alike to the row; only then is the target opened. So at every moment, whatever
// breaks, at most one of the two is open, and the same command run again goes on from there.
import { randomUUID } from 'node:crypto';
import { isRefractError, isUnavailable, RefractError } from '../../errors.ts';
import { translated } from '../sqlite/failures.ts';
import type { CopyEnd, Found, Reader } from './ends.ts';
import { holdOf } from './hold.ts';
import { arrivingSentence, leftSentence } from './mark.ts';
import { checksumOf, lastPass, pass, rowsIn, type Passed } from './pass.ts';
import { allTables, auditEvents, fencedTables, keySets, lowestKey, type CopiedTable } from './tables.ts';

export interface CopyOptions {
  /** Seconds that the source may be held at most, each time that it is tried. */
  readonly longestFence: number;
  /** Told of every pass, of the fence and of the switch, in lines for whoever watches. */
  readonly say: (line: string) => void;
}

/** What a table had when both were alike. */
export interface Verified {
  readonly table: string;
  readonly rows: number;
  readonly checksum: string;
}

export type Copied =
  | { readonly kind: 'copied'; readonly tables: readonly Verified[]; readonly auditEvents: number }
  /** It was before. */
  | { readonly kind: 'done'; readonly auditEvents: number };

/** Seconds that two clocks may be apart without a word. */
const clockTolerance = 5;
/** More passes than this would not bring the ends closer. */
const mostPasses = 10;
/** Rows that are left for the last pass, which writes them in far less than a second. */
const few = 500;
const fenceTries = 3;

/**
 * Copies everything, and switches. @throws RefractError `store` where it cannot go on
 */
export async function copy(source: CopyEnd, target: CopyEnd, options: CopyOptions): Promise<Copied> {
  try {
    return await copyBetween(source, target, options);
  } catch (reason) {
    const known = translated(reason);
    if (!isUnavailable(known)) throw known;
    throw new RefractError('store', `The copy broke off: ${known.message}; run the same command again to go on.`);
  }
}

async function copyBetween(source: CopyEnd, target: CopyEnd, options: CopyOptions): Promise<Copied> {
  const [from, to] = [await source.look(), await target.look()];
  if (from.identity === to.identity)
    throw new RefractError('store', `${source.place} is on both sides; name two databases.`);
  const apart = Math.abs(from.now - to.now);
  if (apart > clockTolerance) {
    options.say(
      `The clocks of the two are ${String(apart)} s apart: set them alike, or lifetimes shift by as much; no token is lost by it.`,
    );
  }
  const left = from.marks.find(({ role }) => role === 'left');
  if (left !== undefined) {
    const end = to.marks.find(({ id }) => id === left.id);
    if (end === undefined) throw new RefractError('store', leftSentence(source.place, left));
    if (end.role === 'arriving') return finish(source, target, left.id, options);
    return { kind: 'done', auditEvents: (await pass(source, target, auditEvents)).written };
  }
  const arriving = from.marks.find(({ role }) => role === 'arriving');
  if (arriving !== undefined) throw new RefractError('store', arrivingSentence(source.place, arriving));
  const id = await begin(source, target, { from, to }, options);
  const tables = await fenced(source, target, id, options);
  return switched(source, target, id, tables, options);
}

/** @returns the id of the copy, of which either end knows then */
async function begin(
  source: CopyEnd,
  target: CopyEnd,
  { from, to }: { readonly from: Found; readonly to: Found },
  { say }: CopyOptions,
): Promise<string> {
  const arriving = to.marks.find(({ role }) => role === 'arriving');
  if (arriving !== undefined) {
    if (from.marks.some(({ role, id }) => role === 'leaving' && id === arriving.id)) {
      say('An unfinished copy is gone on with.');
      return arriving.id;
    }
    throw new RefractError(
      'store',
      `${target.place} is the target of another copy, from ${arriving.place}, that is not finished; finish that one, or remove what it has written and copy again.`,
    );
  }
  refuseLive(target, to);
  const id = randomUUID();
  await source.leave(id, target.place);
  // The first thing that is there, so that a server that is started early finds its keys.
  await target.arrive(id, source.place, await rowsOf(source, keySets));
  return id;
}

function refuseLive({ place }: CopyEnd, { marks, counts }: Found): void {
  const left = marks.find(({ role }) => role === 'left');
  if (left !== undefined) {
    throw new RefractError(
      'store',
      `${place} holds what was copied to ${left.place}, and is kept; name an empty database.`,
    );
  }
  const held = [...counts].filter(([, count]) => count > 0).map(([table, count]) => `${table} ${String(count)}`);
  if (held.length === 0) return;
  throw new RefractError(
    'store',
    `${place} holds rows that no copy has brought (${held.join(', ')}); nothing is overwritten: name an empty database.`,
  );
}

function rowsOf(reader: Reader, table: CopiedTable): ReturnType<Reader['rows']> {
  return reader.rows(table, [{ from: lowestKey(table), to: undefined }]);
}

/** Passes until little is left to do. */
async function approach(source: CopyEnd, target: CopyEnd, { say }: CopyOptions): Promise<Approached> {
  for (let count = 1; ; count += 1) {
    const begun = performance.now();
    const since = await source.changes?.moment();
    const passed = await eachOf(allTables, (table) => pass(source, target, table));
    say(`pass ${String(count)}: ${told(passed)} in ${secondsSince(begun)} s`);
    const changes = sum(passed, 'written') + sum(passed, 'removed');
    if (changes <= few || count === mostPasses) return { passed, since };
  }
}

interface Approached {
  readonly passed: ByTable;
  readonly since: string | undefined;
}

/** All but the last pass, and that one while the source is held. @throws RefractError `store` where it takes too long each time */
async function fenced(
  source: CopyEnd,
  target: CopyEnd,
  id: string,
  options: CopyOptions,
): Promise<readonly Verified[]> {
  const { longestFence, say } = options;
  let reason = '';
  for (let count = 1; count <= fenceTries; count += 1) {
    const { passed, since } = await approach(source, target, options);
    const hold = holdOf(longestFence);
    const held = (): string => `${source.place} was held for ${hold.lasted().toFixed(2)} s`;
    try {
      const last = await source.fence(id, target.place, hold, async (reader) => {
        const found = eachOf(fencedTables, (table) =>
          lastPass(reader, target, table, passed.get(table)?.held ?? [], { since, check: hold.check }),
        );
        return hold.limit(found);
      });
      say(`last pass: ${told(last)}; ${held()} and is shut now`);
      return verified(last);
    } catch (thrown) {
      if (!isRefractError(thrown, 'held_too_long')) throw thrown;
      reason = thrown.message;
      say(`${held()}, let go, and serves: ${reason}.`);
    }
    await hold.settled();
  }
  throw new RefractError(
    'store',
    `${source.place} may be held for ${String(longestFence)} s, which was not enough in ${String(fenceTries)} tries: ${reason}; copy at a quieter time, or allow more with --longest-fence.`,
  );
}

/** The source was shut, and something broke before the target was opened. */
async function finish(source: CopyEnd, target: CopyEnd, id: string, options: CopyOptions): Promise<Copied> {
  options.say(`${source.place} is shut already; what is left is to open ${target.place}.`);
  const passed = await eachOf(fencedTables, (table) => pass(source, target, table));
  const proved = await eachOf(fencedTables, (table) =>
    lastPass(source, target, table, passed.get(table)?.held ?? [], { since: undefined, check: () => undefined }),
  );
  return switched(source, target, id, verified(proved), options);
}

async function switched(
  source: CopyEnd,
  target: CopyEnd,
  id: string,
  tables: readonly Verified[],
  { say }: CopyOptions,
): Promise<Copied> {
  const since = performance.now();
  await target.open(id);
  say(`${target.place} is open, ${secondsSince(since)} s later`);
  // What servers of the source had yet to write down when it was shut.
  const { held, written } = await pass(source, target, auditEvents);
  if (written > 0) say(`audit trail: ${String(written)} late events followed`);
  return { kind: 'copied', tables, auditEvents: rowsIn(held) };
}

type ByTable = ReadonlyMap<CopiedTable, Passed>;

async function eachOf(tables: readonly CopiedTable[], work: (table: CopiedTable) => Promise<Passed>): Promise<ByTable> {
  const passed = new Map<CopiedTable, Passed>();
  for (const table of tables) passed.set(table, await work(table));
  return passed;
}

function verified(passed: ByTable): readonly Verified[] {
  return [...passed].map(([{ name }, { held }]) => ({ table: name, rows: rowsIn(held), checksum: checksumOf(held) }));
}

function told(passed: ByTable): string {
  const changes = `${String(sum(passed, 'written'))} rows written, ${String(sum(passed, 'removed'))} removed`;
  return `${changes} (of ${[...passed].map(([{ name }, { held }]) => `${name} ${String(rowsIn(held))}`).join(', ')})`;
}

function sum(passed: ByTable, what: 'written' | 'removed'): number {
  return [...passed.values()].reduce((total, each) => total + each[what], 0);
}

function secondsSince(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(2);
}
