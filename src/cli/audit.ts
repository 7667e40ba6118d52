// refract audit: shows the audit trail, newest first.
import { Option } from '@commander-js/extra-typings';
import { RefractError } from '../errors.ts';
import type { Administration } from '../admin/administration.ts';
import { auditEventTypes } from '../admin/ports.ts';
import { formatOption, time, wholeNumber, withSettings, type AddCommand, type Columns } from './command.ts';

/** Events that one run prints at most. */
const most = 10_000;

export const audit: AddCommand = (program, { setUp, withRefract, printRows }) =>
  withSettings(
    program
      .command('audit')
      .description('Shows the audit trail: refusals, revocations, reuse, and actions of operators')
      .addOption(new Option('--type <event>', 'events of one type').choices(auditEventTypes))
      .option('--subject <id>', 'events of the subject')
      .option('--session <id>', 'events of the session')
      .option('--contract <name>', 'events of the contract')
      .option('--since <time>', 'events of that time or later: 2026-01-31T12:00:00Z, or seconds since 1970')
      .option('--limit <n>', 'the newest n', '50')
      .addOption(formatOption())
      .action(async ({ type, subject, session, contract, format, ...given }, command) => {
        const since = given.since === undefined ? undefined : secondsOf(given.since);
        const limit = wholeNumber('--limit', given.limit, 1, most);
        await withRefract(await setUp(command, contract), async ({ administration }) => {
          const filter = {
            ...(type !== undefined && { type }),
            ...(since !== undefined && { since }),
            ...(subject !== undefined && { subjectId: subject }),
            ...(session !== undefined && { sessionId: session }),
            ...(contract !== undefined && { contract }),
          };
          printRows(format, columns, await administration.readAudit(filter, { limit }));
        });
      }),
  );

/** A time as the table prints it, or in seconds. A time without a zone would depend on the machine's. */
function secondsOf(given: string): number {
  if (/^\d{1,11}$/.test(given)) return Number(given);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(given);
  const milliseconds = isDate ? Date.parse(given) : Number.NaN;
  if (milliseconds >= 0) return Math.floor(milliseconds / 1_000);
  throw new RefractError(
    'usage',
    `--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not ${JSON.stringify(given)}.`,
  );
}

type Event = Awaited<ReturnType<Administration['readAudit']>>[number];

const columns: Columns<Event> = [
  ['time', ({ at }) => time(at)],
  ['event', ({ type }) => type],
  ['reason', ({ reason }) => reason ?? '-'],
  ['contract', ({ contract }) => contract ?? '-'],
  ['subject', ({ subjectId }) => subjectId ?? '-'],
  ['session', ({ sessionId }) => sessionId ?? '-'],
  ['address', ({ address }) => address ?? '-'],
  ['user agent', ({ userAgent }) => userAgent ?? '-'],
  ['by', ({ actor }) => actor ?? '-'],
  ['request', ({ requestId }) => requestId ?? '-'],
];
