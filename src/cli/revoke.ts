// refract revoke: ends sessions for good, on every running server at once.
import {
  checkContract,
  CommandError,
  databaseOption,
  parse,
  print,
  setUp,
  UsageError,
  withRefract,
  type Command,
} from './command.ts';

export const revoke: Command = {
  usage: 'revoke SESSION | --subject ID | --contract NAME [--db FILE]',
  summary: 'Ends one session, all of a subject or all of a contract',
  options: [
    ['SESSION', 'the id of a session, as refract sessions lists it'],
    ['--subject ID', 'all sessions of the subject'],
    ['--contract NAME', 'all sessions of the contract'],
    databaseOption,
  ],
  run: async (rest) => {
    const { values, positionals } = parse(
      rest,
      { subject: { type: 'string' }, contract: { type: 'string' }, db: { type: 'string' } },
      1,
    );
    const [sessionId] = positionals;
    const { subject, contract } = values;
    if ([sessionId, subject, contract].filter((given) => given !== undefined).length !== 1) {
      throw new UsageError('Give one of a session id, --subject and --contract.');
    }
    const setup = await setUp({ database: values.db });
    checkContract(setup, contract);
    await withRefract(setup, async ({ store }) => {
      if (sessionId !== undefined) {
        if (await store.revoke(sessionId, 'requested')) print(`The session ${sessionId} is revoked.`);
        else
          throw new CommandError(`There is no session ${sessionId} to end: it does not exist or was revoked before.`);
        return;
      }
      const filter = subject !== undefined ? { subjectId: subject } : { contract: contract ?? '' };
      const ended = await store.revokeAll(filter, 'requested');
      if (ended === 0 && subject !== undefined && (await store.readSubject(subject)) === undefined) {
        throw new CommandError(`There is no subject ${subject}.`);
      }
      print(`${String(ended)} ${ended === 1 ? 'session is' : 'sessions are'} revoked.`);
    });
  },
};
