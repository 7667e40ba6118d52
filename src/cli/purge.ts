// refract purge: removes what is over from the database, as a running server does by itself.
import { RefractError } from '../errors.ts';
import { keptAfterEnd, purgeAll, purgeBatch } from '../app/app.ts';
import { counted } from './counted.ts';
import { commonFlags, commonOptions, parse, print, setUp, withRefract, type Command } from './command.ts';

export const purge: Command = {
  usage: 'purge [--older-than SECONDS] [--batch N] [--db FILE] [--config FILE]',
  summary: 'Removes sessions that ended, and removed subjects without one',
  options: [
    [
      '--older-than SECONDS',
      `how long a session's lifetime must have been over, revoked or not (default ${String(keptAfterEnd)}, a day)`,
    ],
    ['--batch N', `rows to remove in one commit; refreshes go on in between (default ${String(purgeBatch)})`],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      'older-than': { type: 'string', default: String(keptAfterEnd) },
      batch: { type: 'string', default: String(purgeBatch) },
      ...commonFlags,
    });
    const olderThan = wholeNumber('--older-than', values['older-than'], 0, 315_360_000);
    const batch = wholeNumber('--batch', values.batch, 1, 10_000);
    await withRefract(await setUp({ database: values.db, configFile: values.config }), async ({ store }) => {
      const { sessions, subjects } = await purgeAll(store, olderThan, batch);
      print(`${counted(sessions, 'ended session')} and ${counted(subjects, 'removed subject')} are purged.`);
    });
  },
};

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RefractError(
    'usage',
    `${option} must be a whole number from ${String(least)} to ${String(most)}, not ${JSON.stringify(text)}.`,
  );
}
