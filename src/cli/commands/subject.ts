// refract subject: adds, shows and changes subjects.
import type { Subject } from '../../engine/session.ts';
import { byCommandLine, requireAction, type AddCommand } from '../command.ts';

/** Actions without options, each with the change it makes, its description, and the message after it. */
const actions = [
  {
    name: 'disable',
    change: 'disable',
    description: 'refuse its sessions until it is enabled again',
    done: 'is disabled; its sessions are refused until it is enabled again',
  },
  { name: 'enable', change: 'enable', description: 'undo disable', done: 'is enabled' },
  {
    name: 'remove',
    change: 'delete',
    description: 'remove it; its sessions are refused from then on',
    done: 'is removed; its sessions are refused',
  },
  {
    name: 'credentials-changed',
    change: 'credentials-changed',
    description: 'refuse all sessions issued before now',
    done: 'has new credentials; sessions issued before are refused',
  },
] as const;

export const subject: AddCommand = (program, { setUp, withRefract, print }) => {
  const printSubject = ({ id, email, account, role, disabledAt, deletedAt }: Subject): void => {
    print(JSON.stringify({ id, email, account, role, disabledAt, deletedAt }, undefined, 2));
  };
  const command = program.command('subject').description('Adds, shows and changes subjects: the users who sign in');
  command
    .command('add <id>')
    .description("add a subject, or change its details, which tokens contain; '' removes a detail")
    .option('--email <email>', 'e-mail address')
    .option('--account <account>', 'account')
    .option('--role <role>', 'role')
    .action(async (id, options, action) => {
      await withRefract(await setUp(action), async ({ store, administration }) => {
        const known = await store.readSubject(id);
        const detail = (name: 'email' | 'account' | 'role'): string | undefined =>
          options[name] === '' ? undefined : (options[name] ?? known?.[name]);
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
  for (const { name, change, description, done } of actions) {
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
  return requireAction(command);
};
