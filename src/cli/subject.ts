// refract subject: who may have sessions.
import type { Subject } from '../compose.ts';
import {
  CommandError,
  databaseOption,
  parse,
  print,
  required,
  setUp,
  UsageError,
  withRefract,
  type Command,
} from './command.ts';

const actions = {
  disable: { method: 'disableSubject', done: 'is disabled; its sessions are refused until it is enabled again' },
  enable: { method: 'enableSubject', done: 'is enabled' },
  remove: { method: 'deleteSubject', done: 'is removed; its sessions find it missing' },
  'credentials-changed': {
    method: 'changeCredentials',
    done: 'has new credentials; sessions issued before are refused',
  },
} as const;

export const subject: Command = {
  usage:
    'subject add|show|disable|enable|remove|credentials-changed ID [--email E] [--account A] [--role R] [--db FILE]',
  summary: 'Adds, shows and changes subjects: whoever signs in',
  options: [
    ['add ID', 'add a subject, or change those of its details that are given'],
    ['show ID', 'print a subject as JSON'],
    ['disable ID', 'refuse its sessions until it is enabled again'],
    ['enable ID', 'undo disable'],
    ['remove ID', 'remove it; its sessions find it missing'],
    ['credentials-changed ID', 'refuse all sessions issued before now'],
    ['--email E, --account A, --role R', "with add: details that tokens carry; '' takes one away"],
    databaseOption,
  ],
  run: async (rest) => {
    const { values, positionals } = parse(
      rest,
      { email: { type: 'string' }, account: { type: 'string' }, role: { type: 'string' }, db: { type: 'string' } },
      2,
    );
    const action = required(positionals[0], 'What to do (add, show, disable, enable, remove or credentials-changed)');
    const { email, account, role, db } = values;
    if (action !== 'add' && (email ?? account ?? role) !== undefined) {
      throw new UsageError('--email, --account and --role go with add.');
    }
    if (action !== 'add' && action !== 'show' && !isAction(action)) {
      throw new UsageError(`A subject cannot be told to ${action}; refract subject --help lists what it can.`);
    }
    const id = required(positionals[1], 'The id of the subject');
    await withRefract(await setUp({ database: db }), async ({ store }) => {
      if (action === 'add') {
        const known = await store.readSubject(id);
        const detail = (given: string | undefined, kept: string | undefined) =>
          given === '' ? undefined : (given ?? kept);
        printSubject(
          await store.putSubject(id, {
            email: detail(email, known?.email),
            account: detail(account, known?.account),
            role: detail(role, known?.role),
          }),
        );
      } else if (action === 'show') {
        const known = await store.readSubject(id);
        if (known === undefined) throw missing(id);
        printSubject(known);
      } else {
        const { method, done } = actions[action];
        if (!(await store[method](id))) throw missing(id);
        print(`${id} ${done}.`);
      }
    });
  },
};

function isAction(word: string): word is keyof typeof actions {
  return Object.hasOwn(actions, word);
}

function missing(id: string): CommandError {
  return new CommandError(`There is no subject ${id}.`);
}

function printSubject({ id, email, account, role, disabledAt, deletedAt }: Subject): void {
  print(JSON.stringify({ id, email, account, role, disabledAt, deletedAt }, undefined, 2));
}
