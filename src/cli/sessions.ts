// refract sessions: what is remembered of each session.
import { RefractError } from '../errors.ts';
import type { Session } from '../app/app.ts';
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

export const sessions: Command = {
  usage: 'sessions [--subject ID] [--contract NAME] [--format table|json] [--db FILE] [--config FILE]',
  summary: 'Lists sessions',
  options: [
    ['--subject ID', 'those of the subject'],
    ['--contract NAME', 'those of the contract'],
    ['--format table|json', 'table (default), or one JSON object a line'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      subject: { type: 'string' },
      contract: { type: 'string' },
      format: { type: 'string', default: 'table' },
      ...commonFlags,
    });
    const { subject, contract, format } = values;
    if (format !== 'table' && format !== 'json')
      throw new RefractError('usage', `--format must be table or json, not ${format}.`);
    const setup = await setUp({ database: values.db, configFile: values.config });
    checkContract(setup, contract);
    await withRefract(setup, async ({ administration }) => {
      const listed = await administration.listSessions({
        ...(subject !== undefined && { subjectId: subject }),
        ...(contract !== undefined && { contract }),
      });
      if (format === 'json') for (const session of listed) print(JSON.stringify(session));
      else printTable(columns, listed);
    });
  },
};

const columns: readonly (readonly [heading: string, cell: (session: Session) => string])[] = [
  ['session', ({ id }) => id],
  ['contract', ({ contract }) => contract],
  ['subject', ({ subjectId }) => subjectId],
  ['policy', ({ policy }) => policy],
  ['generation', ({ generation }) => String(generation)],
  ['created', ({ createdAt }) => time(createdAt)],
  ['last refreshed', ({ generation, rotatedAt }) => (generation === 0 ? '-' : time(rotatedAt))],
  ['expires', ({ expiresAt }) => time(expiresAt)],
  [
    'revoked',
    ({ revokedAt, revokedReason }) => (revokedAt === undefined ? '-' : `${time(revokedAt)} ${revokedReason ?? ''}`),
  ],
  ['label', ({ label }) => label ?? '-'],
];
