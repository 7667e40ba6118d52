// refract audit: what was written down, newest first.
import { RefractError } from '../errors.ts';
import { auditEventTypes, type Administration } from '../app/app.ts';
import {
  checkContract,
  commonFlags,
  commonOptions,
  parse,
  print,
  printTable,
  setUp,
  time,
  withRefract,
  type Command,
} from './command.ts';

/** Events that one run prints at most. */
const most = 10_000;

export const audit: Command = {
  usage:
    'audit [--type EVENT] [--subject ID] [--session ID] [--contract NAME] [--since TIME] [--limit N] [--format table|json] [--db FILE] [--config FILE]',
  summary: 'Shows the audit trail: what was refused, revoked, reused, and what operators did',
  options: [
    ['--type EVENT', `events of one kind: ${auditEventTypes.join(', ')}`],
    ['--subject ID', 'events of the subject'],
    ['--session ID', 'events of the session'],
    ['--contract NAME', 'events of the contract'],
    ['--since TIME', 'events of that time or later: 2026-01-31T12:00:00Z, or seconds since 1970'],
    ['--limit N', 'the newest N (default 50)'],
    ['--format table|json', 'table (default), or one JSON object a line'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      type: { type: 'string' },
      since: { type: 'string' },
      subject: { type: 'string' },
      session: { type: 'string' },
      contract: { type: 'string' },
      limit: { type: 'string', default: '50' },
      format: { type: 'string', default: 'table' },
      ...commonFlags,
    });
    const { subject, session, contract, format } = values;
    if (format !== 'table' && format !== 'json')
      throw new RefractError('usage', `--format must be table or json, not ${format}.`);
    const type = typeOf(values.type);
    const since = secondsOf(values.since);
    const limit = /^\d{1,5}$/.test(values.limit) ? Number(values.limit) : 0;
    if (limit < 1 || limit > most) {
      throw new RefractError(
        'usage',
        `--limit must be a whole number from 1 to ${String(most)}, not ${JSON.stringify(values.limit)}.`,
      );
    }
    const setup = await setUp({ database: values.db, configFile: values.config });
    checkContract(setup, contract);
    await withRefract(setup, async ({ administration }) => {
      const filter = {
        ...(type !== undefined && { type }),
        ...(since !== undefined && { since }),
        ...(subject !== undefined && { subjectId: subject }),
        ...(session !== undefined && { sessionId: session }),
        ...(contract !== undefined && { contract }),
      };
      const events = await administration.readAudit(filter, { limit });
      if (format === 'json') for (const event of events) print(JSON.stringify(event));
      else printTable(columns, events);
    });
  },
};

function typeOf(given: string | undefined): (typeof auditEventTypes)[number] | undefined {
  const known = auditEventTypes.find((type) => type === given);
  if (given === undefined || known !== undefined) return known;
  throw new RefractError('usage', `--type must be one of ${auditEventTypes.join(', ')}, not ${JSON.stringify(given)}.`);
}

/** A time as the table prints it, or the seconds that it is; without a zone a time would be that of whoever asks. */
function secondsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,11}$/.test(given)) return Number(given);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(given);
  const milliseconds = isDate ? Date.parse(given) : Number.NaN;
  if (milliseconds >= 0) return Math.floor(milliseconds / 1_000);
  throw new RefractError(
    'usage',
    `--since must be a time such as 2026-01-31T12:00:00Z, a day of UTC, or seconds since 1970, not ${JSON.stringify(given)}.`,
  );
}

type Event = Awaited<ReturnType<Administration['readAudit']>>[number];

const columns: readonly (readonly [heading: string, cell: (event: Event) => string])[] = [
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
