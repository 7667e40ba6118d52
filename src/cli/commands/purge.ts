// refract purge: removes ended sessions from the database, as a running server does periodically.
import { endedSessionRetention, purgeAll, purgeBatchSize } from '../../admin/purge.ts';
import { formatCount, numberOption, type AddCommand } from '../command.ts';

const age = { standard: endedSessionRetention, least: 0, most: 315_360_000 };
const size = { standard: purgeBatchSize, least: 1, most: 10_000 };

export const purge: AddCommand = (program, { setUp, withRefract, print }) =>
  program
    .command('purge')
    .description('Removes ended sessions, and removed subjects without a session')
    .addOption(numberOption('--older-than <seconds>', 'time since the end of the lifetime, revoked or not', age))
    .addOption(numberOption('--batch <n>', 'rows to remove in one commit; refreshes continue in between', size))
    .action(async ({ olderThan, batch }, command) => {
      await withRefract(await setUp(command), async ({ store }) => {
        const { sessions, subjects } = await purgeAll(store, olderThan, batch);
        print(`Purged ${formatCount(sessions, 'ended session')} and ${formatCount(subjects, 'removed subject')}.`);
      });
    });
