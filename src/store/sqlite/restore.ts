// Replaces the database by a backup with one rename: readers find the whole old database or the whole new one.
//
// From the first look at the database to the rename, one connection has it locked, so no server runs or can start.
// Before the rename the old database is merged into one file, so that its -wal is not read as that of the new one.
import type { Database } from 'better-sqlite3';
import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { toStoreError } from '../store.ts';
import { copyWhole, countContents, readContents, type Contents } from './backup.ts';
import { migrate } from './migrations.ts';
import { createFile, syncToDisk } from './open.ts';
import { compareDatabases, hasNoChanges, takeOver, type UndoneChanges, type LostRows } from './restore-comparison.ts';
import {
  checkBackupFile,
  keepDamaged,
  lockReplaced,
  removeWithLogs,
  stageBackup,
  type ReplacedDatabase,
} from './restore-files.ts';

export interface RestoreOptions {
  readonly file: string;
  readonly database: string;
  /** Milliseconds to wait for commands that use the database. */
  readonly busyTimeout: number;
  /** What to do with revocations since the backup; `undefined` restores only if there are none. */
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
  | { readonly kind: 'compared'; readonly forgotten: UndoneChanges; readonly lost: LostRows };

type UndecidedComparison = Exclude<Comparison, { kind: 'nothing' }>;

export type RestoreResult =
  | { readonly kind: 'refused'; readonly comparison: UndecidedComparison }
  | {
      readonly kind: 'restored';
      readonly comparison: Comparison;
      readonly isTakenOver: boolean;
      readonly contents: Contents;
      /** The schema of the backup, if an older release made it. */
      readonly migratedFrom: number | undefined;
      /** The file that keeps the replaced database. */
      readonly keptAs: string | undefined;
    };

/** @throws RefractError `store` if the backup or the database cannot be used; then nothing was changed */
export function restore(options: RestoreOptions): RestoreResult {
  try {
    return restoreInto(options);
  } catch (reason) {
    throw toStoreError(reason, `The database ${options.database} cannot be restored`);
  }
}

function restoreInto(options: RestoreOptions): RestoreResult {
  const { file, busyTimeout, revocations, now, onStep = () => undefined } = options;
  checkBackupFile(file, options.database);
  const wasMissing = createFile(options.database);
  // The target of a link is replaced, not the link: SQLite has its log beside the target.
  const database = realpathSync(options.database);
  const staged = `${database}.restoring`;
  let isReplaced = false;
  const replaced = lockReplaced(database, busyTimeout);
  try {
    onStep('locked');
    const { version, known } = stageBackup(file, staged);
    onStep('staged');
    const comparison = compare(replaced, staged, now);
    const undecided = findUndecided(comparison, revocations);
    if (undecided !== undefined) return { kind: 'refused', comparison: undecided };
    const isTakenOver = comparison.kind === 'compared' && revocations !== 'forget';
    if (isTakenOver) withBackup(replaced.connection, staged, (both) => takeOver(both, now));
    onStep('taken over');
    const contents = readContents(staged);
    syncToDisk(staged);
    const keptAs = replaced.state.kind === 'empty' ? undefined : keepReplaced(replaced, database, now);
    onStep('kept');
    mergeIntoOneFile(replaced, database);
    onStep('in one file');
    renameSync(staged, database);
    isReplaced = true;
    syncToDisk(dirname(database));
    onStep('replaced');
    const migratedFrom = version < known ? version : undefined;
    return { kind: 'restored', comparison, isTakenOver, contents, migratedFrom, keptAs };
  } finally {
    removeWithLogs(staged);
    if (wasMissing && !isReplaced) rmSync(database, { force: true });
    replaced.connection?.close();
    onStep('closed');
  }
}

/** Returns a comparison that needs a decision: it is impossible, or shows revocations that would be undone. */
function findUndecided(
  comparison: Comparison,
  revocations: RestoreOptions['revocations'],
): UndecidedComparison | undefined {
  if (revocations === 'forget' || comparison.kind === 'nothing') return undefined;
  if (comparison.kind === 'incomparable') return comparison;
  return revocations === 'take-over' || hasNoChanges(comparison.forgotten) ? undefined : comparison;
}

function compare({ state, connection }: ReplacedDatabase, staged: string, now: number): Comparison {
  if (state.kind === 'empty') return { kind: 'nothing' };
  if (state.kind === 'unusable' || connection === undefined) {
    return { kind: 'incomparable', why: state.kind === 'unusable' ? state.why : 'it cannot be opened' };
  }
  migrate(connection, connection.name);
  const { sessions, subjects } = countContents(connection);
  if (sessions + subjects === 0) return { kind: 'nothing' };
  const compared = withBackup(connection, staged, (both) => compareDatabases(both, now));
  return compared === undefined
    ? { kind: 'incomparable', why: 'it shares nothing with the backup' }
    : { kind: 'compared', ...compared };
}

function withBackup<Result>(connection: Database | undefined, staged: string, use: (both: Database) => Result): Result {
  if (connection === undefined) throw new Error('the replaced database is not open');
  connection.prepare('ATTACH ? AS backup').run(staged);
  try {
    return use(connection);
  } finally {
    connection.exec('DETACH backup');
  }
}

/** Keeps the replaced database, which can be restored in turn. @returns its file name, once the file is complete */
function keepReplaced({ state, connection }: ReplacedDatabase, database: string, now: number): string {
  const time = new Date(now * 1_000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const keptAs = unusedName(`${database}.before-restore-${time}`);
  if (connection === undefined || isDamaged(state)) {
    keepDamaged(database, keptAs);
    return keptAs;
  }
  const partial = `${database}.keeping`;
  removeWithLogs(partial);
  copyWhole(connection, partial);
  renameSync(partial, keptAs);
  syncToDisk(dirname(database));
  return keptAs;
}

/** Returns the name, or, if a file has it, the name with the first free number from 2. */
function unusedName(name: string): string {
  let unused = name;
  for (let number = 2; existsSync(unused); number += 1) unused = `${name}-${number}`;
  return unused;
}

/** Keeps the lock, and removes files that an earlier process has left, such as its -shm. */
function mergeIntoOneFile({ state, connection }: ReplacedDatabase, database: string): void {
  // A damaged database was kept unchanged, with its -wal.
  if (!isDamaged(state)) connection?.pragma('journal_mode = DELETE');
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(database + ending, { force: true });
}

function isDamaged(state: ReplacedDatabase['state']): boolean {
  return state.kind === 'unusable' && state.isDamaged;
}
