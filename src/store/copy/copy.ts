// Moves sessions from one database to another while servers use them.
//
// Passes make the target equal to the source, each with less to do than the one before. The last pass locks the source
// and shuts it for good when every row is equal; only then is the target opened. So whatever breaks, at most one of the
// two is open, and the same command continues from there.
import { randomUUID } from 'node:crypto';
import { isRefractError, isUnavailable, RefractError } from '../../errors.ts';
import { translated } from '../sqlite/failures.ts';
import type { CopyEnd, Found } from './ends.ts';
import { holdOf } from './hold.ts';
import { arrivingSentence, leftSentence } from './mark.ts';
import { checksumOf, lastPass, pass, rowsIn, type Passed } from './pass.ts';
import { openSqliteEnd } from './sqlite-end.ts';
import { allTables, auditEvents, fencedTables, keySets, lowestKey, type CopiedTable } from './tables.ts';

export interface CopyOptions {
  /** Seconds that the source may be locked at most, in each try. */
  readonly longestFence: number;
  /** Reports every pass, the fence and the switch, a line each. */
  readonly say: (line: string) => void;
}

/** A database: a SQLite file, or PostgreSQL by its address. */
export type CopyAddress = { readonly file: string } | { readonly url: string };

export interface Copying extends CopyOptions {
  readonly from: CopyAddress;
  readonly to: CopyAddress;
  /** Milliseconds to wait for servers that write to a SQLite file. */
  readonly busyTimeout: number;
}

export interface Verified {
  readonly table: string;
  readonly rows: number;
  readonly checksum: string;
}

export type Copied =
  | { readonly kind: 'copied'; readonly tables: readonly Verified[]; readonly auditEvents: number }
  /** An earlier run has finished it. */
  | { readonly kind: 'done'; readonly auditEvents: number };

/** Seconds that two clocks may be apart without a warning. */
const clockTolerance = 5;
const mostPasses = 10;
/** Rows that the last pass writes in far less than a second. */
const few = 500;
const fenceTries = 3;

/** Copies between two addresses. @throws RefractError `store`; the same command continues the copy */
export async function copyDatabase({ from, to, busyTimeout, ...options }: Copying): Promise<Copied> {
  const openEnd = async (address: CopyAddress, side: 'source' | 'target'): Promise<CopyEnd> =>
    'file' in address
      ? openSqliteEnd(address.file, side, busyTimeout)
      : (await import('./postgres-end.ts')).openPostgresEnd(address.url, side);
  const source = await openEnd(from, 'source');
  try {
    const target = await openEnd(to, 'target');
    try {
      options.say(`Copying ${source.place} to ${target.place}`);
      return await copy(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Copies everything, and switches. @throws RefractError `store` where it cannot continue */
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

/** @returns the id of the copy, which both ends have then */
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
  // The key sets first, so that a server that starts early finds its keys.
  const range = { from: lowestKey(keySets), to: undefined };
  await target.arrive(id, source.place, await source.rows(keySets, [range]));
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

/** All passes, the last one with the source locked. @throws RefractError `store` where every try takes too long */
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

/** Continues a copy that broke after the source was shut and before the target was opened. */
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
  // Late events of the source's servers.
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
