// refract issue: issues sessions to subjects who have just signed in.
import { Option } from '@commander-js/extra-typings';
import { isRefused, isUnavailable, RefractError } from '../errors.ts';
import { byCommandLine, wholeNumber, withSettings, type AddCommand } from './command.ts';

const mostAtOnce = 1_000_000;

/** Sessions that are issued side by side, so that they share their commits. */
const batchSize = 256;

export const issue: AddCommand = (program, { setUp, withRefract, print }) =>
  withSettings(
    program
      .command('issue')
      .description("Issues sessions and prints their tokens in the contract's own shape")
      .requiredOption('--contract <name>', 'the contract')
      .requiredOption('--subject <id>', 'the subject')
      .option('--label <text>', 'what to remember the session by')
      .option('--count <n>', 'how many sessions', '1')
      .addOption(
        new Option('--format <format>', "json: the contract's own shape; tokens: bare refresh tokens; one a line")
          .choices(['json', 'tokens'] as const)
          .default('json' as const),
      )
      .action(async ({ contract, subject, label, format, ...given }, command) => {
        const count = wholeNumber('--count', given.count, 1, mostAtOnce);
        await withRefract(await setUp(command, contract), async ({ administration, shapeOf }) => {
          for (let done = 0; done < count; done += batchSize) {
            const issuing = Array.from({ length: Math.min(count - done, batchSize) }, () =>
              administration.issue(contract, subject, label, byCommandLine),
            );
            const batch = await Promise.all(issuing).catch((reason: unknown) => stoppedAfter(done, subject, reason));
            for (const issued of batch) {
              if (format === 'tokens') print(issued.grant.refresh.token);
              else print(JSON.stringify(shapeOf(contract, issued), undefined, count === 1 ? 2 : 0));
            }
          }
        });
      }),
  );

/** A batch is issued together or not at all, so only printed sessions are issued. */
function stoppedAfter(done: number, subjectId: string, reason: unknown): never {
  if (isRefused(reason) && reason.code !== 'invalid') {
    const [sentence, action] =
      reason.code === 'not_found'
        ? [`There is no subject ${subjectId}; add it`, 'add']
        : [`The subject ${subjectId} is disabled; enable it`, 'enable'];
    throw new RefractError('command', `${sentence} with: refract subject ${action} ${subjectId}`);
  }
  if (done === 0 || !isUnavailable(reason)) throw reason;
  throw new RefractError(
    'command',
    `The database cannot be used right now: ${reason.message}; the ${String(done)} sessions printed so far are issued, the others are not.`,
  );
}
