// refract subject: adds, shows and changes subjects.
import type { Subject } from '../engine/session.ts';
import { byCommandLine, requireAction, withSettings, type AddCommand } from './command.ts';

/** What an action changes, and what is printed after it. */
const changes = [
  [
    'disable',
    'disable',
    'refuse its sessions until it is enabled again',
    'is disabled; its sessions are refused until it is enabled again',
  ],
  ['enable', 'enable', 'undo disable', 'is enabled'],
  ['remove', 'delete', 'remove it; its sessions find it missing', 'is removed; its sessions find it missing'],
  [
    'credentials-changed',
    'credentials-changed',
    'refuse all sessions issued before now',
    'has new credentials; sessions issued before are refused',
  ],
] as const;

export const subject: AddCommand = (program, { setUp, withRefract, print }) => {
  const printSubject = ({ id, email, account, role, disabledAt, deletedAt }: Subject): void => {
    print(JSON.stringify({ id, email, account, role, disabledAt, deletedAt }, undefined, 2));
  };
  const command = program.command('subject').description('Adds, shows and changes subjects: the users who sign in');
  command
    .command('add <id>')
    .description("add a subject, or change the given details, which tokens carry; '' removes one")
    .option('--email <email>', 'e-mail address')
    .option('--account <account>', 'account')
    .option('--role <role>', 'role')
    .action(async (id, given, action) => {
      await withRefract(await setUp(action), async ({ store, administration }) => {
        const known = await store.readSubject(id);
        const detail = (name: 'email' | 'account' | 'role'): string | undefined =>
          given[name] === '' ? undefined : (given[name] ?? known?.[name]);
        const details = { email: detail('email'), account: detail('account'), role: detail('role') };
        printSubject(await administration.putSubject(id, details, byCommandLine));
      });
    });
  command
    .command('show <id>')
    .description('print a subject as JSON')
    .action(async (id, _options, action) => {
      await withRefract(await setUp(action), async ({ administration }) => {
        printSubject(await administration.readSubject(id));
      });
    });
  for (const [name, change, description, done] of changes) {
    command
      .command(`${name} <id>`)
      .description(description)
      .action(async (id, _options, action) => {
        await withRefract(await setUp(action), async ({ administration }) => {
          await administration.changeSubject(id, change, byCommandLine);
          print(`${id} ${done}.`);
        });
      });
  }
  return withSettings(requireAction(command));
};
