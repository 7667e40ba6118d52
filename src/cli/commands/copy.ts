// refract copy: copies all sessions to another database, while the server runs.
import { RefractError } from '../../errors.ts';
import { databaseAddress } from '../../config/setting.ts';
import { copyDatabase, type CopyAddress } from '../../store/copy/copy.ts';
import { formatCount, numberOption, parseOption, withSettings, type AddCommand, type Cli } from '../command.ts';

export const copy: AddCommand = (program, cli) => {
  const { print, printTable } = cli;
  const fence = { standard: 2, least: 1, most: 60 };
  const command = program
    .command('copy')
    .description('Copies all sessions to another database, while the server runs')
    .requiredOption(
      '--from <database>',
      'sqlite:FILE or postgres://…; once all is copied, its servers respond with 503',
    )
    .requiredOption('--to <database>', 'an empty database, or one with an unfinished copy of the same source')
    .addOption(numberOption('--longest-fence <seconds>', 'how long the last pass may block the servers', fence))
    .action(async ({ longestFence, ...given }, command) => {
      const from = parseAddress(cli, '--from', given.from);
      const to = parseAddress(cli, '--to', given.to);
      const { config } = await cli.setUp(command);
      const copied = await copyDatabase({ from, to, busyTimeout: config.busyTimeout, longestFence, report: print });
      if (copied.kind === 'done') {
        const late =
          copied.auditEvents === 0 ? '' : `; ${formatCount(copied.auditEvents, 'late audit event')} copied now`;
        print(`An earlier run completed this copy${late}.`);
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
      print(`Copied every row, and ${formatCount(copied.auditEvents, 'audit event')}.`);
      print('The keys are still sealed under the same master secret; give it to the servers of the new database.');
    });
  return withSettings(command, ['configFile']);
};

/** Never repeats an address: it may contain a password. @throws RefractError `usage` */
function parseAddress({ pathOf }: Cli, option: string, address: string): CopyAddress {
  const file = /^sqlite:(.+)$/s.exec(address)?.[1];
  if (file !== undefined) return { file: pathOf(file) };
  if (/^postgres(ql)?:\/\/./.test(address)) return { url: parseOption(option, databaseAddress.parse, address) };
  throw new RefractError(
    'usage',
    `${option} must be sqlite:FILE, or an address such as postgres://refract@127.0.0.1:5432/refract.`,
  );
}
