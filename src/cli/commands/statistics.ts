// refract statistics: counts subjects, and the sessions of each contract.
import type { Administration } from '../../admin/administration.ts';
import { formatCount, formatOption, type AddCommand, type Columns } from '../command.ts';

export const statistics: AddCommand = (program, { setUp, withRefract, print, printTable }) =>
  program
    .command('statistics')
    .description('Counts subjects, and active, revoked and expired sessions of each contract')
    .addOption(formatOption('one JSON object'))
    .action(async ({ format }, command) => {
      await withRefract(await setUp(command), async ({ administration }) => {
        const counts = await administration.count();
        if (format === 'json') {
          print(JSON.stringify(counts));
          return;
        }
        printTable(columns, counts.contracts);
        print(formatCount(counts.subjects, 'subject'));
      });
    });

type ContractCounts = Awaited<ReturnType<Administration['count']>>['contracts'][number];

const columns: Columns<ContractCounts> = [
  ['contract', ({ contract }) => contract],
  ['active', ({ living }) => String(living)],
  ['revoked', ({ revoked }) => String(revoked)],
  ['expired', ({ expired }) => String(expired)],
];
