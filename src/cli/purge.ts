// refract purge: removes ended sessions from the database, as a running server does by itself.
import { endedSessionRetention, purgeAll, purgeBatchSize } from '../admin/purge.ts';
import { counted, wholeNumber, withSettings, type AddCommand } from './command.ts';

export const purge: AddCommand = (program, { setUp, withRefract, print }) =>
  withSettings(
    program
      .command('purge')
      .description('Removes sessions that ended, and removed subjects without one')
      .option('--older-than <seconds>', 'time since the end of a lifetime, revoked or not', String(endedSessionRetention))
      .option('--batch <n>', 'rows to remove in one commit; refreshes continue in between', String(purgeBatchSize))
      .action(async (given, command) => {
        const olderThan = wholeNumber('--older-than', given.olderThan, 0, 315_360_000);
        const batch = wholeNumber('--batch', given.batch, 1, 10_000);
        await withRefract(await setUp(command), async ({ store }) => {
          const { sessions, subjects } = await purgeAll(store, olderThan, batch);
          print(`${counted(sessions, 'ended session')} and ${counted(subjects, 'removed subject')} are purged.`);
        });
      }),
  );
