// refract sessions: lists sessions.
import type { Session } from '../engine/session.ts';
import { formatOption, time, withSettings, type AddCommand, type Columns } from './command.ts';

export const sessions: AddCommand = (program, { setUp, withRefract, printRows }) =>
  withSettings(
    program
      .command('sessions')
      .description('Lists sessions')
      .option('--subject <id>', 'those of the subject')
      .option('--contract <name>', 'those of the contract')
      .addOption(formatOption())
      .action(async ({ subject, contract, format }, command) => {
        await withRefract(await setUp(command, contract), async ({ administration }) => {
          const found = await administration.listSessions({
            ...(subject !== undefined && { subjectId: subject }),
            ...(contract !== undefined && { contract }),
          });
          printRows(format, columns, found);
        });
      }),
  );

const columns: Columns<Session> = [
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
