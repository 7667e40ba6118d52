// Moves sessions from one database to another while servers use them.
//
// Passes make the target equal to the source, each with less to do than the one before. The last pass locks the source
// and closes it for good when every row is equal; only then is the target opened. So after any failure at most one of the
// two is open, and the same command continues from there.
import { randomUUID } from 'node:crypto';
import { isRefractError, isUnavailable } from '../../errors.ts';
import { translateError } from '../sqlite/statements.ts';
import { storeError } from '../store.ts';
import { createFenceTimer, type CopyDatabase, type CopyState } from './database.ts';
import { checksumOf, countRows, runLastPass, runPass, type LastPassOptions, type PassResult } from './pass.ts';
import type { Reader } from './reader.ts';
import { openSqliteForCopy } from './sqlite.ts';
import {
  allTables,
  auditEvents,
  copiedError,
  fencedTables,
  findMark,
  keySets,
  lowestKey,
  unfinishedError,
} from './tables.ts';
import type { CopiedTable } from './tables.ts';

export interface CopyOptions {
  /** Seconds that the source may be locked at most, in each attempt. */
  readonly longestFence: number;
  /** Called with a line for every pass, the fence and the switch. */
  readonly report: (line: string) => void;
}

/** A SQLite file, or the address of a PostgreSQL database. */
export type CopyAddress = { readonly file: string } | { readonly url: string };

export interface CopyRequest extends CopyOptions {
  readonly from: CopyAddress;
  readonly to: CopyAddress;
  /** Milliseconds to wait for servers that write to a SQLite file. */
  readonly busyTimeout: number;
}

export interface VerifiedTable {
  readonly table: string;
  readonly rows: number;
  readonly checksum: string;
}

export type CopyResult =
  | { readonly kind: 'copied'; readonly tables: readonly VerifiedTable[]; readonly auditEvents: number }
  /** An earlier run has finished it. */
  | { readonly kind: 'done'; readonly auditEvents: number };

/** Seconds that two clocks may differ without a warning. */
const clockTolerance = 5;
const mostPasses = 10;
/** Changed rows that the last pass writes in far less than a second. */
const fewChanges = 500;
const fenceAttempts = 3;

/** Copies between two addresses. @throws RefractError `store`; the same command continues the copy */
export async function copyDatabase({ from, to, busyTimeout, ...options }: CopyRequest): Promise<CopyResult> {
  const open = async (address: CopyAddress, role: 'source' | 'target'): Promise<CopyDatabase> =>
    'file' in address
      ? openSqliteForCopy(address.file, role, busyTimeout)
      : (await import('./postgres.ts')).openPostgresForCopy(address.url, role);
  const source = await open(from, 'source');
  try {
    const target = await open(to, 'target');
    try {
      options.report(`Copying ${source.name} to ${target.name}`);
      return await copy(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Copies everything, closes the source and opens the target. @throws RefractError `store` if it cannot continue */
export async function copy(source: CopyDatabase, target: CopyDatabase, options: CopyOptions): Promise<CopyResult> {
  try {
    return await run({ source, target, ...options });
  } catch (reason) {
    const error = translateError(reason);
    if (!isUnavailable(error)) throw error;
    throw storeError(`The copy was interrupted: ${error.message}; run the same command again to continue.`);
  }
}

interface Copy extends CopyOptions {
  readonly source: CopyDatabase;
  readonly target: CopyDatabase;
}

async function run(copy: Copy): Promise<CopyResult> {
  const { source, target, report } = copy;
  const [from, to] = [await source.readState(), await target.readState()];
  if (from.identity === to.identity) throw storeError(`${source.name} is source and target; name two databases.`);
  const apart = Math.abs(from.now - to.now);
  if (apart > clockTolerance) {
    report(`The clocks of the two differ by ${String(apart)} s: set them alike, or lifetimes shift by as much.`);
  }
  const left = findMark(from.marks, 'left');
  if (left !== undefined) {
    const other = to.marks.find(({ id }) => id === left.id);
    if (other === undefined) throw copiedError(source.name, left);
    if (other.role === 'arriving') return finish(copy, left.id);
    return { kind: 'done', auditEvents: (await runPass(source, target, auditEvents)).written };
  }
  const arriving = findMark(from.marks, 'arriving');
  if (arriving !== undefined) throw unfinishedError(source.name, arriving);
  const id = await begin(copy, from, to);
  return openTarget(copy, id, await closeSource(copy, id));
}

/** @returns the id of the copy, which both databases have then */
async function begin({ source, target, report }: Copy, from: CopyState, to: CopyState): Promise<string> {
  const arriving = findMark(to.marks, 'arriving');
  if (arriving !== undefined) {
    if (!from.marks.some(({ role, id }) => role === 'leaving' && id === arriving.id)) {
      const other = `the target of another copy, from ${arriving.otherName}`;
      throw storeError(`${target.name} is ${other}; finish that one, or name an empty database.`);
    }
    report('Continuing an unfinished copy.');
    return arriving.id;
  }
  const left = findMark(to.marks, 'left');
  if (left !== undefined) {
    throw storeError(`${target.name} was copied to ${left.otherName} and keeps its rows; name an empty database.`);
  }
  const used = [...to.counts].filter(([, count]) => count > 0).map(([table, count]) => `${table} ${String(count)}`);
  if (used.length > 0)
    throw storeError(`${target.name} already has rows (${used.join(', ')}); name an empty database.`);
  const id = randomUUID();
  await source.markSource(id, target.name);
  // The key sets first, so that a server that starts early finds its keys.
  const range = { from: lowestKey(keySets), to: undefined };
  await target.prepareTarget(id, source.name, await source.rows(keySets, [range]));
  return id;
}

/** Runs passes until little is left to do. */
async function runPasses({ source, target, report }: Copy) {
  for (let count = 1; ; count += 1) {
    const startedAt = performance.now();
    const since = await source.changes?.moment();
    const passed = await forEachTable(allTables, (table) => runPass(source, target, table));
    report(`pass ${String(count)}: ${describe(passed)} in ${secondsSince(startedAt)} s`);
    const changes = sum(passed, 'written') + sum(passed, 'removed');
    if (changes <= fewChanges || count === mostPasses) return { passed, since };
  }
}

/** Runs all passes, the last one with the source locked. @throws RefractError `store` if every attempt takes too long */
async function closeSource(copy: Copy, id: string): Promise<readonly VerifiedTable[]> {
  const { source, target, longestFence, report } = copy;
  let reason = '';
  for (let count = 1; count <= fenceAttempts; count += 1) {
    const { passed, since } = await runPasses(copy);
    const timer = createFenceTimer(longestFence);
    const locked = (): string => `${source.name} was locked for ${timer.elapsedSeconds().toFixed(2)} s`;
    try {
      const last = await source.closeSource(id, target.name, timer, (reader) =>
        timer.limit(runLastPasses(reader, target, passed, { since, check: timer.check })),
      );
      report(`last pass: ${describe(last)}; ${locked()} and is closed now`);
      return verify(last);
    } catch (thrown) {
      if (!isRefractError(thrown, 'held_too_long')) throw thrown;
      reason = thrown.message;
      report(`${locked()} and is open again: ${reason}.`);
    }
    await timer.settled();
  }
  const limit = `within ${String(longestFence)} s in ${String(fenceAttempts)} attempts`;
  throw storeError(
    `${source.name} was not copied ${limit}: ${reason}; copy at a quieter time, or raise --longest-fence.`,
  );
}

/** Continues a copy that was interrupted after the source was closed and before the target was opened. */
async function finish(copy: Copy, id: string): Promise<CopyResult> {
  const { source, target, report } = copy;
  report(`${source.name} is closed already; opening ${target.name}.`);
  const passed = await forEachTable(fencedTables, (table) => runPass(source, target, table));
  const last = await runLastPasses(source, target, passed, { since: undefined, check: () => undefined });
  return openTarget(copy, id, verify(last));
}

async function openTarget(
  { source, target, report }: Copy,
  id: string,
  tables: readonly VerifiedTable[],
): Promise<CopyResult> {
  const startedAt = performance.now();
  await target.openTarget(id);
  report(`${target.name} is open, ${secondsSince(startedAt)} s later`);
  // Late events of the source's servers.
  const { ranges, written } = await runPass(source, target, auditEvents);
  if (written > 0) report(`audit trail: ${String(written)} late events copied`);
  return { kind: 'copied', tables, auditEvents: countRows(ranges) };
}

function runLastPasses(
  reader: Reader,
  target: CopyDatabase,
  passed: ByTable,
  options: LastPassOptions,
): Promise<ByTable> {
  return forEachTable(fencedTables, (table) =>
    runLastPass(reader, target, table, passed.get(table)?.ranges ?? [], options),
  );
}

type ByTable = ReadonlyMap<CopiedTable, PassResult>;

async function forEachTable(
  tables: readonly CopiedTable[],
  work: (table: CopiedTable) => Promise<PassResult>,
): Promise<ByTable> {
  const results = new Map<CopiedTable, PassResult>();
  for (const table of tables) results.set(table, await work(table));
  return results;
}

function verify(passed: ByTable): readonly VerifiedTable[] {
  return [...passed].map(([{ name }, { ranges }]) => {
    return { table: name, rows: countRows(ranges), checksum: checksumOf(ranges) };
  });
}

function describe(passed: ByTable): string {
  const totals = [...passed].map(([{ name }, { ranges }]) => `${name} ${String(countRows(ranges))}`).join(', ');
  return `${String(sum(passed, 'written'))} rows written, ${String(sum(passed, 'removed'))} removed (of ${totals})`;
}

function sum(passed: ByTable, what: 'written' | 'removed'): number {
  return [...passed.values()].reduce((total, result) => total + result[what], 0);
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1_000).toFixed(2);
}
