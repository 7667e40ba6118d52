// refract restore: replaces the database by a backup, without undoing later revocations unasked.
import { RefractError } from '../errors.ts';
import { restore as restoreDatabase, type Comparison, type RestoreResult } from '../store/sqlite/restore.ts';
import { counted, refuseOnPostgres, withSettings, type AddCommand, type Cli } from './command.ts';

/** More ids would hide the sentence that they belong to. */
const mostIds = 10;

export const restore: AddCommand = (program, cli) =>
  withSettings(
    program
      .command('restore')
      .description('Replaces the database by a backup, and keeps the replaced one beside it')
      .argument('<file>', 'what refract backup has written')
      .option(
        '--take-over',
        'all that was revoked, disabled, removed or changed since the backup stays so; recommended',
      )
      .option('--forget', 'all that was revoked, disabled, removed or changed since the backup is as it was then')
      .action(async (file, { takeOver, forget }, command) => {
        if (takeOver && forget) throw new RefractError('usage', 'Give one of --take-over and --forget.');
        const { config } = await cli.setUp(command);
        refuseOnPostgres(config, 'refract restore');
        const { database, busyTimeout } = config;
        const restored = restoreDatabase({
          file: cli.pathOf(file),
          database,
          busyTimeout,
          revocations: takeOver ? 'take-over' : forget ? 'forget' : undefined,
          now: Math.floor(Date.now() / 1_000),
        });
        printComparison(cli, restored.comparison);
        if (restored.kind === 'refused') throw refusal(restored.comparison, database);
        printRestored(cli, restored, database);
      }),
  );

function printComparison({ print }: Cli, comparison: Comparison): void {
  if (comparison.kind !== 'compared') return;
  const { forgotten, lost } = comparison;
  const changes: readonly (readonly [what: string, ids: readonly string[]])[] = [
    ['sessions revoked', forgotten.revokedSessions],
    ['subjects disabled', forgotten.disabledSubjects],
    ['subjects removed', forgotten.deletedSubjects],
    ['subjects with changed credentials', forgotten.changedCredentials],
    ['key sets removed or replaced', forgotten.removedKeySets],
  ];
  print('Since the backup:');
  for (const [what, ids] of changes) print(`  ${what}: ${listed(ids)}`);
  print(`  sessions refreshed: ${String(lost.movedSessions)}`);
  print(`  sessions issued, which will be unknown: ${String(lost.newerSessions)}`);
  print(`  subjects added, which will be unknown: ${String(lost.newerSubjects)}`);
}

function listed(ids: readonly string[]): string {
  if (ids.length === 0) return '0';
  const more = ids.length > mostIds ? `, and ${String(ids.length - mostIds)} more` : '';
  return `${String(ids.length)} (${ids.slice(0, mostIds).join(', ')}${more})`;
}

function refusal(
  comparison: Extract<RestoreResult, { kind: 'refused' }>['comparison'],
  database: string,
): RefractError {
  return new RefractError(
    'command',
    comparison.kind === 'compared'
      ? 'Nothing was restored: that would let in again what was shut out since the backup; keep it so with --take-over (the one to choose), or give it up with --forget.'
      : `Nothing was restored: what was revoked since the backup cannot be told from ${database}, since ${comparison.why}; give it up with --forget.`,
  );
}

function printRestored({ print }: Cli, restored: Extract<RestoreResult, { kind: 'restored' }>, database: string): void {
  const { contents, comparison, isTakenOver, migratedFrom, keptAs } = restored;
  const { sessions, subjects, keySets } = contents;
  print(
    `${database} is restored: ${counted(sessions, 'session')}, ${counted(subjects, 'subject')} and ${counted(keySets, 'key set')}.`,
  );
  if (isTakenOver) print('What was revoked, disabled, removed or changed since the backup stays so.');
  else if (comparison.kind === 'nothing') {
    print('There was nothing to compare it with: what was revoked since the backup is as it was then.');
  } else print('What was revoked, disabled, removed or changed since the backup is forgotten.');
  if (migratedFrom !== undefined) print(`Its schema was ${String(migratedFrom)} and is the present one now.`);
  if (keptAs !== undefined) print(`What it replaced is kept as ${keptAs}; remove it when all is well.`);
  print('Its keys are sealed under the master secret of their time; see that it is the one the server is given.');
}
