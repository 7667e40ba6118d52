// refract demo: prints new calls for a server that runs on the same database.
import { RefractError } from '../errors.ts';
import { originOf } from '../http/listening.ts';
import { demoCalls, onlyOf } from './calls.ts';
import { withSettings, type AddCommand } from './command.ts';

export const demo: AddCommand = (program, { setUp, withRefract, print }) =>
  withSettings(
    program
      .command('demo')
      .description('Prints a ready-to-paste call with a valid token for every contract')
      .option('--only <contract>', 'the call of one contract')
      .option('--at <path>', 'where the server mounts that contract, if it was started with --at')
      .action(async (given, command) => {
        const only = onlyOf(given);
        const setup = await setUp(command, only?.contract);
        const { host, port } = setup.config;
        if (port === 0) throw new RefractError('usage', '--port must be the one that the server printed, not 0.');
        await withRefract(setup, async (refract) => {
          for (const line of await demoCalls(refract, originOf(host, port), only)) print(line);
        });
      }),
    ['port', 'host', 'database', 'configFile'],
  );
