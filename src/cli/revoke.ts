// refract revoke: ends sessions for good, on every running server at once.
import { isRefused, RefractError } from '../errors.ts';
import {
  byCommandLine,
  checkContract,
  commonFlags,
  commonOptions,
  parse,
  print,
  setUp,
  withRefract,
  type Command,
} from './command.ts';

export const revoke: Command = {
  usage: 'revoke SESSION | --subject ID | --contract NAME [--db FILE] [--config FILE]',
  summary: 'Ends one session, all of a subject or all of a contract',
  options: [
    ['SESSION', 'the id of a session, as refract sessions lists it'],
    ['--subject ID', 'all sessions of the subject'],
    ['--contract NAME', 'all sessions of the contract'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values, positionals } = parse(
      rest,
      { subject: { type: 'string' }, contract: { type: 'string' }, ...commonFlags },
      1,
    );
    const [sessionId] = positionals;
    const { subject, contract } = values;
    if ([sessionId, subject, contract].filter((given) => given !== undefined).length !== 1) {
      throw new RefractError('usage', 'Give one of a session id, --subject and --contract.');
    }
    const setup = await setUp({ database: values.db, configFile: values.config });
    checkContract(setup, contract);
    await withRefract(setup, async ({ administration }) => {
      if (sessionId !== undefined) {
        const ended = await administration.revokeSession(sessionId, byCommandLine).catch((reason: unknown) => {
          if (isRefused(reason)) return undefined;
          throw reason;
        });
        if (ended?.wasLiving !== true) {
          throw new RefractError(
            'command',
            `There is no session ${sessionId} to end: it does not exist or was revoked before.`,
          );
        }
        print(`The session ${sessionId} is revoked.`);
        return;
      }
      const of = subject !== undefined ? { subjectId: subject } : { contract: contract ?? '' };
      const ended = await administration.revokeSessions(of, byCommandLine);
      print(`${String(ended)} ${ended === 1 ? 'session is' : 'sessions are'} revoked.`);
    });
  },
};
