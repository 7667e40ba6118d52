// refract audit: prints the audit trail, newest first.
import { Option } from '@commander-js/extra-typings';
import { RefractError } from '../../errors.ts';
import type { Administration } from '../../admin/administration.ts';
import { auditEventTypes } from '../../admin/ports.ts';
import { formatOption, formatTime, numberOption, type AddCommand, type Columns } from '../command.ts';

export const audit: AddCommand = (program, { setUp, withRefract, printRows }) =>
  program
    .command('audit')
    .description('Shows the audit trail: refusals, revocations, reuse, and actions of operators')
    .addOption(new Option('--type <event>', 'events of one type').choices(auditEventTypes))
    .option('--subject <id>', 'events of the subject')
    .option('--session <id>', 'events of the session')
    .option('--contract <name>', 'events of the contract')
    .option('--since <time>', 'events of that time or later: 2026-01-31T12:00:00Z, or seconds since 1970')
    .addOption(numberOption('--limit <n>', 'the newest n', { standard: 50, least: 1, most: 10_000 }))
    .addOption(formatOption())
    .action(async ({ type, subject, session, contract, format, limit, since }, command) => {
      const filter = {
        ...(type !== undefined && { type }),
        ...(since !== undefined && { since: parseTime(since) }),
        ...(subject !== undefined && { subjectId: subject }),
        ...(session !== undefined && { sessionId: session }),
        ...(contract !== undefined && { contract }),
      };
      await withRefract(await setUp(command, contract), async ({ administration }) => {
        printRows(format, columns, await administration.readAudit(filter, { limit }));
      });
    });

/** Parses a time as the table prints it, or seconds. A time without a zone would depend on the machine's. */
function parseTime(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const timeMs = isDate ? Date.parse(text) : Number.NaN;
  if (timeMs >= 0) return Math.floor(timeMs / 1_000);
  throw new RefractError(
    'usage',
    `--since must be a UTC time such as 2026-01-31T12:00:00Z or seconds since 1970, not ${JSON.stringify(text)}.`,
  );
}

type AuditEvent = Awaited<ReturnType<Administration['readAudit']>>[number];

const columns: Columns<AuditEvent> = [
  ['time', ({ at }) => formatTime(at)],
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
