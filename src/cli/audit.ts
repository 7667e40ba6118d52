// refract audit: what was written down, newest first.
import type { Administration } from '../compose.ts';
import {
  checkContract,
  commonFlags,
  commonOptions,
  parse,
  print,
  printTable,
  setUp,
  time,
  UsageError,
  withRefract,
  type Command,
} from './command.ts';

/** Events that one run prints at most. */
const most = 10_000;

export const audit: Command = {
  usage:
    'audit [--subject ID] [--session ID] [--contract NAME] [--limit N] [--format table|json] [--db FILE] [--config FILE]',
  summary: 'Shows the audit trail: what was refused, revoked, reused, and what operators did',
  options: [
    ['--subject ID', 'events of the subject'],
    ['--session ID', 'events of the session'],
    ['--contract NAME', 'events of the contract'],
    ['--limit N', 'the newest N (default 50)'],
    ['--format table|json', 'table (default), or one JSON object a line'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      subject: { type: 'string' },
      session: { type: 'string' },
      contract: { type: 'string' },
      limit: { type: 'string', default: '50' },
      format: { type: 'string', default: 'table' },
      ...commonFlags,
    });
    const { subject, session, contract, format } = values;
    if (format !== 'table' && format !== 'json') throw new UsageError(`--format must be table or json, not ${format}.`);
    const limit = /^\d{1,5}$/.test(values.limit) ? Number(values.limit) : 0;
    if (limit < 1 || limit > most) {
      throw new UsageError(
        `--limit must be a whole number from 1 to ${String(most)}, not ${JSON.stringify(values.limit)}.`,
      );
    }
    const setup = await setUp({ database: values.db, configFile: values.config });
    checkContract(setup, contract);
    await withRefract(setup, async ({ administration }) => {
      const filter = {
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
