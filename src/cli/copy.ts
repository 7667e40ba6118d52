// refract copy: copies all sessions to another database, while the server runs.
import { RefractError } from '../errors.ts';
import { databaseAddress } from '../config/setting.ts';
import { copyDatabase, type CopyAddress } from '../store/copy/copy.ts';
import { counted, optionValue, wholeNumber, withSettings, type AddCommand, type Cli } from './command.ts';

export const copy: AddCommand = (program, cli) =>
  withSettings(
    program
      .command('copy')
      .description('Copies all sessions to another database, while the server runs')
      .requiredOption(
        '--from <database>',
        'sqlite:FILE or postgres://…; its servers respond with 503 once all is copied',
      )
      .requiredOption('--to <database>', 'an empty database, or one with an unfinished copy of the same source')
      .option('--longest-fence <seconds>', 'how long the last pass may block the servers', '2')
      .action(async (given, command) => {
        const { print, printTable } = cli;
        const from = addressOf(cli, '--from', given.from);
        const to = addressOf(cli, '--to', given.to);
        const longestFence = wholeNumber('--longest-fence', given.longestFence, 1, 60);
        const { config } = await cli.setUp(command);
        const copied = await copyDatabase({ from, to, busyTimeout: config.busyTimeout, longestFence, report: print });
        if (copied.kind === 'done') {
          const late = copied.auditEvents === 0 ? '' : `; ${counted(copied.auditEvents, 'late audit event')} followed`;
          print(`This copy was done before${late}.`);
          return;
        }
        print();
        printTable(
          [
            ['verified', ({ table }) => table],
            ['rows on both sides', ({ rows }) => String(rows)],
            ['SHA-256 on both sides', ({ checksum }) => checksum],
          ],
          copied.tables,
        );
        print();
        print(`Done: every row is there, and ${counted(copied.auditEvents, 'audit event')}.`);
        print('The keys are sealed as they were: give the servers of the new database the same master secret.');
      }),
    ['configFile'],
  );

/** Never repeats an address: it may hold a password. @throws RefractError `usage` */
function addressOf({ pathOf }: Cli, option: string, address: string): CopyAddress {
  const file = /^sqlite:(.+)$/s.exec(address)?.[1];
  if (file !== undefined) return { file: pathOf(file) };
  if (/^postgres(ql)?:\/\/./.test(address)) return { url: optionValue(option, databaseAddress, address) };
  throw new RefractError(
    'usage',
    `${option} must be sqlite:FILE, or an address such as postgres://refract@127.0.0.1:5432/refract.`,
  );
}
