// refract subject: who may have sessions.
import { RefractError } from '../errors.ts';
import type { Subject } from '../app/app.ts';
import {
  byCommandLine,
  commonFlags,
  commonOptions,
  parse,
  print,
  required,
  setUp,
  withRefract,
  type Command,
} from './command.ts';

const actions = {
  disable: { change: 'disable', done: 'is disabled; its sessions are refused until it is enabled again' },
  enable: { change: 'enable', done: 'is enabled' },
  remove: { change: 'delete', done: 'is removed; its sessions find it missing' },
  'credentials-changed': {
    change: 'credentials-changed',
    done: 'has new credentials; sessions issued before are refused',
  },
} as const;

export const subject: Command = {
  usage:
    'subject add|show|disable|enable|remove|credentials-changed ID [--email E] [--account A] [--role R] [--db FILE] [--config FILE]',
  summary: 'Adds, shows and changes subjects: whoever signs in',
  options: [
    ['add ID', 'add a subject, or change those of its details that are given'],
    ['show ID', 'print a subject as JSON'],
    ['disable ID', 'refuse its sessions until it is enabled again'],
    ['enable ID', 'undo disable'],
    ['remove ID', 'remove it; its sessions find it missing'],
    ['credentials-changed ID', 'refuse all sessions issued before now'],
    ['--email E, --account A, --role R', "with add: details that tokens carry; '' takes one away"],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values, positionals } = parse(
      rest,
      { email: { type: 'string' }, account: { type: 'string' }, role: { type: 'string' }, ...commonFlags },
      2,
    );
    const action = required(positionals[0], 'What to do (add, show, disable, enable, remove or credentials-changed)');
    const { email, account, role, db, config } = values;
    if (action !== 'add' && (email ?? account ?? role) !== undefined) {
      throw new RefractError('usage', '--email, --account and --role go with add.');
    }
    if (action !== 'add' && action !== 'show' && !isAction(action)) {
      throw new RefractError(
        'usage',
        `A subject cannot be told to ${action}; refract subject --help lists what it can.`,
      );
    }
    const id = required(positionals[1], 'The id of the subject');
    await withRefract(await setUp({ database: db, configFile: config }), async ({ store, administration }) => {
      if (action === 'add') {
        const known = await store.readSubject(id);
        const detail = (given: string | undefined, kept: string | undefined) =>
          given === '' ? undefined : (given ?? kept);
        printSubject(
          await administration.putSubject(
            id,
            {
              email: detail(email, known?.email),
              account: detail(account, known?.account),
              role: detail(role, known?.role),
            },
            byCommandLine,
          ),
        );
      } else if (action === 'show') {
        printSubject(await administration.readSubject(id));
      } else {
        const { change, done } = actions[action];
        await administration.changeSubject(id, change, byCommandLine);
        print(`${id} ${done}.`);
      }
    });
  },
};

function isAction(word: string): word is keyof typeof actions {
  return Object.hasOwn(actions, word);
}

function printSubject({ id, email, account, role, disabledAt, deletedAt }: Subject): void {
  print(JSON.stringify({ id, email, account, role, disabledAt, deletedAt }, undefined, 2));
}
