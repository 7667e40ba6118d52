// refract sessions: what is remembered of each session.
import type { Session } from '../compose.ts';
import {
  checkContract,
  databaseOption,
  parse,
  print,
  setUp,
  UsageError,
  withRefract,
  type Command,
} from './command.ts';

export const sessions: Command = {
  usage: 'sessions [--subject ID] [--contract NAME] [--format table|json] [--db FILE]',
  summary: 'Lists sessions',
  options: [
    ['--subject ID', 'those of the subject'],
    ['--contract NAME', 'those of the contract'],
    ['--format table|json', 'table (default), or one JSON object a line'],
    databaseOption,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      subject: { type: 'string' },
      contract: { type: 'string' },
      format: { type: 'string', default: 'table' },
      db: { type: 'string' },
    });
    const { subject, contract, format } = values;
    if (format !== 'table' && format !== 'json') throw new UsageError(`--format must be table or json, not ${format}.`);
    const setup = await setUp({ database: values.db });
    checkContract(setup, contract);
    await withRefract(setup, async ({ store }) => {
      const listed = await store.listSessions({
        ...(subject !== undefined && { subjectId: subject }),
        ...(contract !== undefined && { contract }),
      });
      if (format === 'json') for (const session of listed) print(JSON.stringify(session));
      else printTable(listed);
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

function printTable(listed: readonly Session[]): void {
  const rows = [
    columns.map(([heading]) => heading),
    ...listed.map((session) => columns.map(([, cell]) => cell(session))),
  ];
  const widths = columns.map((_, index) => rows.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), 0));
  for (const row of rows)
    print(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
