// refract revoke: ends sessions for good, on every running server at once.
import { isRefused, RefractError } from '../errors.ts';
import { byCommandLine, withSettings, type AddCommand } from './command.ts';

export const revoke: AddCommand = (program, { setUp, withRefract, print }) =>
  withSettings(
    program
      .command('revoke')
      .description('Revokes one session, all of a subject or all of a contract')
      .argument('[session]', 'the id of a session, as refract sessions lists it')
      .option('--subject <id>', 'all sessions of the subject')
      .option('--contract <name>', 'all sessions of the contract')
      .action(async (sessionId, { subject, contract }, command) => {
        if ([sessionId, subject, contract].filter((given) => given !== undefined).length !== 1) {
          throw new RefractError('usage', 'Give one of a session id, --subject and --contract.');
        }
        await withRefract(await setUp(command, contract), async ({ administration }) => {
          if (sessionId !== undefined) {
            const ended = await administration.revokeSession(sessionId, byCommandLine).catch((reason: unknown) => {
              if (isRefused(reason)) return undefined;
              throw reason;
            });
            if (ended?.wasActive !== true) {
              throw new RefractError(
                'command',
                `There is no session ${sessionId} to end: it does not exist or was revoked before.`,
              );
            }
            print(`The session ${sessionId} is revoked.`);
            return;
          }
          const filter = subject !== undefined ? { subjectId: subject } : { contract: contract ?? '' };
          const ended = await administration.revokeSessions(filter, byCommandLine);
          print(`${String(ended)} ${ended === 1 ? 'session is' : 'sessions are'} revoked.`);
        });
      }),
  );
