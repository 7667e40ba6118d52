// refract backup: copies the database as it is now, while the server runs.
import { backUp } from '../store/sqlite/backup.ts';
import { counted, refuseOnPostgres, withSettings, type AddCommand } from './command.ts';

export const backup: AddCommand = (program, { setUp, pathOf, print }) =>
  withSettings(
    program
      .command('backup <file>')
      .description('Copies the database as it is now, while the server runs, to a new file')
      .action(async (given, _options, command) => {
        const file = pathOf(given);
        const { config } = await setUp(command);
        refuseOnPostgres(config, 'refract backup');
        const { sessions, subjects, keySets } = backUp(config.database, file, config.busyTimeout);
        const contents = `${counted(sessions, 'session')}, ${counted(subjects, 'subject')} and ${counted(keySets, 'key set')}`;
        print(`${file} holds ${contents}.`);
        print('The master secret that its keys are sealed under is not in it: keep that one too, in another place.');
      }),
  );
