// Replaces the database by a backup, in one step: readers find the old one whole or the new one whole.
//
// From the first look at the database to the rename one connection has it locked (locking_mode EXCLUSIVE). In WAL mode
// SQLite gives that lock only where no other connection is open, idle or not (sqlite.org/wal.html#noshm): a running
// server is noticed, and none can start in between. Before the rename the old database is in one file again, so that its
// -wal is not taken for that of the new one.
import Database from 'better-sqlite3';
import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRefractError, RefractError } from '../../errors.ts';
import { contentsOf, copyWhole, countedIn, type Contents } from './backup.ts';
import { forgottenIn, isNothing, isRelated, lostIn, takeOver, type Forgotten, type Lost } from './forgotten.ts';
import { migrate } from './migrations.ts';
import { makeFile, messageOf, sync } from './open.ts';
import { checkBackupFile, clear, keepDamaged, openReplaced, stage, type Replaced } from './restore-files.ts';

export interface RestoreOptions {
  readonly file: string;
  readonly database: string;
  /** Milliseconds to wait for commands that use the database. */
  readonly busyTimeout: number;
  /** What to do with revocations since the backup; `undefined` restores only where there are none. */
  readonly revocations: 'take-over' | 'forget' | undefined;
  /** Integer seconds since 1970. */
  readonly now: number;
  /** Called after each step. */
  readonly onStep?: (step: RestoreStep) => void;
}

export type RestoreStep = 'locked' | 'staged' | 'taken over' | 'kept' | 'in one file' | 'replaced' | 'closed';

/** What happened since the backup, compared with it. */
export type Comparison =
  /** There was no database, or one without sessions and subjects. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'incomparable'; readonly why: string }
  | { readonly kind: 'compared'; readonly forgotten: Forgotten; readonly lost: Lost };

type Undecided = Exclude<Comparison, { kind: 'nothing' }>;

export type Restored =
  | { readonly kind: 'refused'; readonly comparison: Undecided }
  | {
      readonly kind: 'restored';
      readonly comparison: Comparison;
      readonly isTakenOver: boolean;
      readonly contents: Contents;
      /** The schema of the backup, where an older release made it. */
      readonly migratedFrom: number | undefined;
      /** Where the replaced database is kept. */
      readonly keptAs: string | undefined;
    };

/** @throws RefractError `store` where the backup or the database cannot be used; then nothing was changed */
export function restore(options: RestoreOptions): Restored {
  const { database } = options;
  try {
    return restoreInto(options);
  } catch (reason) {
    if (isRefractError(reason, 'store')) throw reason;
    throw new RefractError('store', `The database ${database} cannot be restored: ${messageOf(reason)}.`);
  }
}

function restoreInto(options: RestoreOptions): Restored {
  const { file, busyTimeout, revocations, now, onStep = () => undefined } = options;
  checkBackupFile(file, options.database);
  const wasMissing = makeFile(options.database);
  // The target of a link is replaced, not the link: SQLite has its log there as well.
  const database = realpathSync(options.database);
  const staged = `${database}.restoring`;
  let isReplaced = false;
  const replaced = openReplaced(database, busyTimeout);
  try {
    onStep('locked');
    const { version, known } = stage(file, staged);
    onStep('staged');
    const comparison = compare(replaced, staged, now);
    const question = undecided(comparison, revocations);
    if (question !== undefined) return { kind: 'refused', comparison: question };
    const isTakenOver = comparison.kind === 'compared' && revocations !== 'forget';
    if (isTakenOver) withBoth(replaced.connection, staged, (both) => takeOver(both, now));
    onStep('taken over');
    const contents = contentsOf(staged);
    sync(staged);
    const keptAs = replaced.state.kind === 'empty' ? undefined : keep(replaced, database, now);
    onStep('kept');
    intoOneFile(replaced, database);
    onStep('in one file');
    renameSync(staged, database);
    isReplaced = true;
    sync(dirname(database));
    onStep('replaced');
    const migratedFrom = version < known ? version : undefined;
    return { kind: 'restored', comparison, isTakenOver, contents, migratedFrom, keptAs };
  } finally {
    clear(staged);
    if (wasMissing && !isReplaced) rmSync(database, { force: true });
    replaced.connection?.close();
    onStep('closed');
  }
}

/** What the operator has to decide: it cannot be compared, or revocations would be forgotten. */
function undecided(comparison: Comparison, revocations: RestoreOptions['revocations']): Undecided | undefined {
  if (revocations === 'forget' || comparison.kind === 'nothing') return undefined;
  if (comparison.kind === 'incomparable') return comparison;
  return revocations === 'take-over' || isNothing(comparison.forgotten) ? undefined : comparison;
}

function compare({ state, connection }: Replaced, staged: string, now: number): Comparison {
  if (state.kind === 'empty') return { kind: 'nothing' };
  if (state.kind === 'unusable' || connection === undefined) {
    return { kind: 'incomparable', why: state.kind === 'unusable' ? state.why : 'it cannot be opened' };
  }
  migrate(connection, connection.name);
  const { sessions, subjects } = countedIn(connection);
  if (sessions + subjects === 0) return { kind: 'nothing' };
  return withBoth(connection, staged, (both): Comparison => {
    if (!isRelated(both)) return { kind: 'incomparable', why: 'it shares nothing with the backup' };
    return { kind: 'compared', forgotten: forgottenIn(both, now), lost: lostIn(both) };
  });
}

function withBoth<Result>(
  connection: Database.Database | undefined,
  staged: string,
  use: (both: Database.Database) => Result,
): Result {
  if (connection === undefined) throw new Error('the replaced database is not open');
  connection.prepare('ATTACH ? AS backup').run(staged);
  try {
    return use(connection);
  } finally {
    connection.exec('DETACH backup');
  }
}

/** Keeps the old database, under another name until it is whole. @returns its final name, which can be restored in turn */
function keep({ state, connection }: Replaced, database: string, now: number): string {
  const time = new Date(now * 1_000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const keptAs = unusedName(`${database}.before-restore-${time}`);
  if (connection === undefined || isDamaged(state)) {
    keepDamaged(database, keptAs);
    return keptAs;
  }
  const partial = `${database}.keeping`;
  clear(partial);
  copyWhole(connection, partial);
  renameSync(partial, keptAs);
  sync(dirname(database));
  return keptAs;
}

/** @returns the name, or, where it is taken, the name with the first free number from 2 */
function unusedName(name: string): string {
  let unused = name;
  for (let number = 2; existsSync(unused); number += 1) unused = `${name}-${number}`;
  return unused;
}

/** The lock stays. Files that an earlier process has left, such as its -shm, are removed. */
function intoOneFile({ state, connection }: Replaced, database: string): void {
  // A damaged database is kept as it was, with its -wal.
  if (!isDamaged(state)) connection?.pragma('journal_mode = DELETE');
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(database + ending, { force: true });
}

function isDamaged(state: Replaced['state']): boolean {
  return state.kind === 'unusable' && state.isDamaged;
}
