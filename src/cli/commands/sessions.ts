// refract issue, refract revoke and refract sessions: begin, end and list sessions.
import { Option } from '@commander-js/extra-typings';
import type { Session } from '../../engine/session.ts';
import { isRefractError, isRefused, isUnavailable, RefractError } from '../../errors.ts';
import {
  byCommandLine,
  formatCount,
  formatOption,
  formatTime,
  numberOption,
  type AddCommand,
  type Columns,
} from '../command.ts';

/** Sessions that are issued at the same time, so that they share a commit. */
const batchSize = 256;

export const issue: AddCommand = (program, { setUp, withRefract, print }) =>
  program
    .command('issue')
    .description("Issues sessions and prints their tokens in the contract's own shape")
    .requiredOption('--contract <name>', 'the contract')
    .requiredOption('--subject <id>', 'the subject')
    .option('--label <text>', 'a text to recognize the session by')
    .addOption(numberOption('--count <n>', 'how many sessions', { standard: 1, least: 1, most: 1_000_000 }))
    .addOption(
      new Option('--format <format>', "json: the contract's own shape; tokens: refresh tokens alone; one a line")
        .choices(['json', 'tokens'] as const)
        .default('json' as const),
    )
    .action(async ({ contract, subject, label, format, count }, command) => {
      await withRefract(await setUp(command, contract), async ({ administration, shapeOf }) => {
        for (let done = 0; done < count; done += batchSize) {
          const issuing = Array.from({ length: Math.min(count - done, batchSize) }, () =>
            administration.issue(contract, subject, label, byCommandLine),
          );
          const batch = await Promise.all(issuing).catch((reason: unknown) => {
            throw explainFailure(reason, subject, done);
          });
          for (const issued of batch) {
            if (format === 'tokens') print(issued.grant.refresh.token);
            else print(JSON.stringify(shapeOf(contract, issued), undefined, count === 1 ? 2 : 0));
          }
        }
      });
    });

/** A batch is issued together or not at all, so the printed sessions are the issued ones. */
function explainFailure(reason: unknown, subjectId: string, issued: number): unknown {
  if (isRefractError(reason, 'not_found')) {
    const advice = `add it with: refract subject add ${subjectId}`;
    return new RefractError('command', `There is no subject ${subjectId}; ${advice}`);
  }
  if (isRefractError(reason, 'conflict')) {
    const advice = `enable it with: refract subject enable ${subjectId}`;
    return new RefractError('command', `The subject ${subjectId} is disabled; ${advice}`);
  }
  if (issued === 0 || !isUnavailable(reason)) return reason;
  const progress = `only the ${formatCount(issued, 'printed session')} were issued.`;
  return new RefractError('command', `The database is unavailable: ${reason.message}; ${progress}`);
}

export const revoke: AddCommand = (program, { setUp, withRefract, print }) =>
  program
    .command('revoke')
    .description('Revokes one session, all of a subject or all of a contract')
    .argument('[session]', 'the id of a session, as refract sessions lists it')
    .option('--subject <id>', 'all sessions of the subject')
    .option('--contract <name>', 'all sessions of the contract')
    .action(async (sessionId, { subject, contract }, command) => {
      if ([sessionId, subject, contract].filter((value) => value !== undefined).length !== 1) {
        throw new RefractError('usage', 'Give exactly one of a session id, --subject and --contract.');
      }
      await withRefract(await setUp(command, contract), async ({ administration }) => {
        if (sessionId === undefined) {
          const filter = subject !== undefined ? { subjectId: subject } : { contract: contract ?? '' };
          print(`Revoked ${formatCount(await administration.revokeSessions(filter, byCommandLine), 'session')}.`);
          return;
        }
        const ended = await administration.revokeSession(sessionId, byCommandLine).catch((reason: unknown) => {
          if (isRefused(reason)) return undefined;
          throw reason;
        });
        if (ended?.wasActive !== true) {
          throw new RefractError('command', `There is no active session ${sessionId}; refract sessions lists all.`);
        }
        print(`Revoked the session ${sessionId}.`);
      });
    });

export const sessions: AddCommand = (program, { setUp, withRefract, printRows }) =>
  program
    .command('sessions')
    .description('Lists sessions')
    .option('--subject <id>', 'those of the subject')
    .option('--contract <name>', 'those of the contract')
    .addOption(formatOption())
    .action(async ({ subject, contract, format }, command) => {
      const filter = {
        ...(subject !== undefined && { subjectId: subject }),
        ...(contract !== undefined && { contract }),
      };
      await withRefract(await setUp(command, contract), async ({ administration }) => {
        printRows(format, columns, await administration.listSessions(filter));
      });
    });

const columns: Columns<Session> = [
  ['session', ({ id }) => id],
  ['contract', ({ contract }) => contract],
  ['subject', ({ subjectId }) => subjectId],
  ['policy', ({ policy }) => policy],
  ['generation', ({ generation }) => String(generation)],
  ['created', ({ createdAt }) => formatTime(createdAt)],
  ['last refreshed', ({ generation, rotatedAt }) => (generation === 0 ? '-' : formatTime(rotatedAt))],
  ['expires', ({ expiresAt }) => formatTime(expiresAt)],
  [
    'revoked',
    ({ revokedAt, revokedReason = '' }) =>
      revokedAt === undefined ? '-' : `${formatTime(revokedAt)} ${revokedReason}`,
  ],
  ['label', ({ label }) => label ?? '-'],
];
