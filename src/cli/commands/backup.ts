// refract backup and refract restore: copy the SQLite database while the server runs, and replace it by such a copy.
import { RefractError } from '../../errors.ts';
import { backUp } from '../../store/sqlite/backup.ts';
import { restore as restoreDatabase, type Comparison, type RestoreResult } from '../../store/sqlite/restore.ts';
import { formatCount, refuseOnPostgres, type AddCommand, type Cli } from '../command.ts';

export const backup: AddCommand = (program, { setUp, pathOf, print }) =>
  program
    .command('backup <file>')
    .description('Copies the database to a new file, while the server runs')
    .action(async (path, _options, command) => {
      const file = pathOf(path);
      const { config } = await setUp(command);
      refuseOnPostgres(config, 'refract backup');
      print(`Backed up to ${file}: ${describeContents(backUp(config.database, file, config.busyTimeout))}.`);
      print('The backup does not contain the master secret that seals its keys; back that up separately.');
    });

export const restore: AddCommand = (program, cli) =>
  program
    .command('restore')
    .description('Replaces the database by a backup, and keeps the replaced one beside it')
    .argument('<file>', 'a file written by refract backup')
    .option('--take-over', 'keep revocations and other changes made since the backup; recommended')
    .option('--forget', 'discard revocations and other changes made since the backup')
    .action(async (file, { takeOver, forget }, command) => {
      if (takeOver && forget) throw new RefractError('usage', 'Use either --take-over or --forget, not both.');
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
      if (restored.kind === 'refused')
        throw new RefractError('command', describeRefusal(restored.comparison, database));
      printRestored(cli, restored, database);
    });

/** More ids would hide the line that they belong to. */
const mostIds = 10;

function printComparison({ print }: Cli, comparison: Comparison): void {
  if (comparison.kind !== 'compared') return;
  print('Since the backup:');
  for (const [what, ids] of changesSince(comparison)) {
    const more = ids.length > mostIds ? `, and ${String(ids.length - mostIds)} more` : '';
    print(`  ${what}: ${String(ids.length)}${ids.length > 0 ? ` (${ids.slice(0, mostIds).join(', ')}${more})` : ''}`);
  }
  const { movedSessions, newerSessions, newerSubjects } = comparison.lost;
  print(`  sessions refreshed: ${String(movedSessions)}`);
  print(`  sessions issued, which will be unknown: ${String(newerSessions)}`);
  print(`  subjects added, which will be unknown: ${String(newerSubjects)}`);
}

type Compared = Extract<Comparison, { kind: 'compared' }>;

function changesSince({ forgotten }: Compared): readonly (readonly [what: string, ids: readonly string[]])[] {
  return [
    ['sessions revoked', forgotten.revokedSessions],
    ['subjects disabled', forgotten.disabledSubjects],
    ['subjects removed', forgotten.deletedSubjects],
    ['subjects with changed credentials', forgotten.changedCredentials],
    ['key sets removed or replaced', forgotten.removedKeySets],
  ];
}

function describeRefusal(
  comparison: Extract<RestoreResult, { kind: 'refused' }>['comparison'],
  database: string,
): string {
  if (comparison.kind !== 'compared') {
    return `Nothing restored: ${database} cannot be compared (${comparison.why}); --forget discards later revocations.`;
  }
  const count = changesSince(comparison).reduce((sum, [, ids]) => sum + ids.length, 0);
  const undone = formatCount(count, 'revocation');
  return `Nothing restored: this would undo ${undone}. --take-over keeps them (recommended), --forget discards them.`;
}

function printRestored({ print }: Cli, restored: Extract<RestoreResult, { kind: 'restored' }>, database: string): void {
  const { contents, comparison, isTakenOver, migratedFrom, keptAs } = restored;
  print(`Restored ${database}: ${describeContents(contents)}.`);
  if (isTakenOver) print('Kept revocations and other changes made since the backup.');
  else if (comparison.kind === 'nothing') print('There was no database to compare with; later revocations are lost.');
  else print('Discarded revocations and other changes made since the backup.');
  if (migratedFrom !== undefined) print(`Upgraded the schema from version ${String(migratedFrom)}.`);
  if (keptAs !== undefined) print(`Kept the replaced database as ${keptAs}; remove it once the restored one works.`);
  print('Start the server with the master secret in use at the time of the backup: it opens the restored keys.');
}

function describeContents({ sessions, subjects, keySets }: ReturnType<typeof backUp>): string {
  return `${formatCount(sessions, 'session')}, ${formatCount(subjects, 'subject')} and ${formatCount(keySets, 'key set')}`;
}
