// refract copy: all sessions from one database to another, while the server runs.
import { RefractError } from '../errors.ts';
import { type CopyAddress, copyDatabase } from '../store/copy/copy.ts';
import { addressTrouble } from '../config.ts';
import { commonFlags, commonOptions, parse, print, printTable, required, setUp, type Command } from './command.ts';
import { counted } from './counted.ts';

/** Seconds. */
const standardFence = 2;
const mostFence = 60;

export const copy: Command = {
  usage: 'copy --from sqlite:FILE|postgres://… --to postgres://…|sqlite:FILE [--longest-fence SECONDS] [--config FILE]',
  summary: 'Moves all sessions to another database, while the server runs',
  options: [
    ['--from DATABASE', 'what is served now; its servers answer 503 once all is copied'],
    ['--to DATABASE', 'an empty database, or one to which this copy was broken off'],
    ['--longest-fence SECONDS', `how long the last pass may hold the servers (default ${String(standardFence)})`],
    commonOptions[1],
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      from: { type: 'string' },
      to: { type: 'string' },
      'longest-fence': { type: 'string' },
      config: commonFlags.config,
    });
    const from = addressOf('--from', values.from);
    const to = addressOf('--to', values.to);
    const longestFence = secondsOf(values['longest-fence']);
    const { config } = await setUp({ configFile: values.config });
    const copied = await copyDatabase({ from, to, busyTimeout: config.busyTimeout, longestFence, say: print });
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
  },
};

/** Never repeats what was given: it may have a password in it. @throws RefractError `usage` */
function addressOf(option: string, given: string | undefined): CopyAddress {
  const address = required(given, option);
  const file = /^sqlite:(.+)$/s.exec(address)?.[1];
  if (file !== undefined) return { file };
  if (!/^postgres(ql)?:\/\/./.test(address)) {
    throw new RefractError(
      'usage',
      `${option} must be sqlite:FILE, or an address such as postgres://refract@127.0.0.1:5432/refract.`,
    );
  }
  const trouble = addressTrouble(address);
  if (trouble !== undefined) throw new RefractError('usage', `${option} ${trouble}.`);
  return { url: address };
}

function secondsOf(given: string | undefined): number {
  const seconds = given === undefined ? standardFence : /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (seconds >= 1 && seconds <= mostFence) return seconds;
  throw new RefractError('usage', `--longest-fence must be a whole number of seconds from 1 to ${String(mostFence)}.`);
}
