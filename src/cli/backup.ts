// refract backup: a copy of the database as it is now, while the server goes on.
import { backUp } from '../app/app.ts';
import {
  commonFlags,
  commonOptions,
  parse,
  print,
  refuseOnPostgres,
  required,
  setUp,
  type Command,
} from './command.ts';
import { counted } from './counted.ts';

export const backup: Command = {
  usage: 'backup FILE [--db FILE] [--config FILE]',
  summary: 'Copies the database as it is now, while the server runs',
  options: [['FILE', 'where to; a file that is there is not overwritten'], ...commonOptions],
  run: async (rest) => {
    const { values, positionals } = parse(rest, { ...commonFlags }, 1);
    const file = required(positionals[0], 'The file to write');
    const { config } = await setUp({ database: values.db, configFile: values.config });
    refuseOnPostgres(config, 'refract backup');
    const { database, busyTimeout } = config;
    const { sessions, subjects, keySets } = backUp(database, file, busyTimeout);
    print(
      `${file} holds ${counted(sessions, 'session')}, ${counted(subjects, 'subject')} and ${counted(keySets, 'key set')}.`,
    );
    print('The master secret that its keys are sealed under is not in it: keep that one too, in another place.');
  },
};
