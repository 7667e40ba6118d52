// refract keys: the life of the keys that sign.
import { readFileSync } from 'node:fs';
import { RefractError } from '../errors.ts';
import type { Administration, Refract } from '../app/app.ts';
import {
  byCommandLine,
  checkContract,
  commonFlags,
  commonOptions,
  oneTooMany,
  parse,
  print,
  printTable,
  required,
  setUp,
  time,
  withRefract,
  type Command,
} from './command.ts';

const actions = ['list', 'publish', 'import', 'rotate', 'remove', 'compromise'] as const;

type Action = (typeof actions)[number];

interface Given {
  readonly 'access-key'?: string | undefined;
  readonly 'refresh-key'?: string | undefined;
  readonly 'legacy-refresh-key'?: string | undefined;
  readonly 'at-once'?: boolean | undefined;
  readonly force?: boolean | undefined;
}

/** The options that go with one action alone. */
const optionsOf: Readonly<Record<Action, readonly (keyof Given)[]>> = {
  list: [],
  publish: [],
  import: ['access-key', 'refresh-key', 'legacy-refresh-key'],
  rotate: ['at-once'],
  remove: ['force'],
  compromise: [],
};

export const keys: Command = {
  usage:
    'keys list | publish CONTRACT | import CONTRACT --access-key FILE [--refresh-key FILE] | import CONTRACT --legacy-refresh-key FILE | rotate CONTRACT [--at-once] | remove KEYSET [--force] | compromise CONTRACT [--db FILE] [--config FILE]',
  summary: 'Lists, publishes, imports, rotates, removes and replaces keys',
  options: [
    ['list', 'all key sets: an access key and a refresh key each'],
    ['publish CONTRACT', 'make the next key set; its public key is in the JWKS at once, and signs after rotate'],
    ['import CONTRACT', 'the same with keys of another server'],
    ['--access-key FILE', 'a JWK, an Ed25519 key in PEM (PKCS #8), or the characters of an HS256 secret'],
    ['--refresh-key FILE', 'the same for refresh tokens; generated where left out'],
    [
      '--legacy-refresh-key FILE',
      'alone: the key that refresh tokens to be imported are signed with; it verifies those and signs nothing',
    ],
    ['rotate CONTRACT', 'sign with the next key set from now on; what the one before has signed goes on working'],
    ['--at-once', 'rotate to a fresh key set although none was published ahead'],
    ['remove KEYSET', 'remove a key set that does not sign; refused while tokens that it signed may live'],
    ['--force', 'remove it all the same, which ends them'],
    ['compromise CONTRACT', 'a key has leaked: a fresh key set takes the place of all, and every session is over'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values, positionals } = parse(
      rest,
      {
        'access-key': { type: 'string' },
        'refresh-key': { type: 'string' },
        'legacy-refresh-key': { type: 'string' },
        'at-once': { type: 'boolean' },
        force: { type: 'boolean' },
        ...commonFlags,
      },
      2,
    );
    const word = required(positionals[0], `What to do (${actions.join(', ')})`);
    const action = actions.find((one) => one === word);
    if (action === undefined)
      throw new RefractError('usage', `Keys cannot be told to ${word}; refract keys --help lists what they can.`);
    const { db, config, ...given } = values;
    for (const option of ['access-key', 'refresh-key', 'legacy-refresh-key', 'at-once', 'force'] as const) {
      if (given[option] !== undefined && !optionsOf[action].includes(option)) {
        throw new RefractError('usage', `--${option} does not go with ${action}.`);
      }
    }
    if (action === 'list' && positionals[1] !== undefined) throw new RefractError('usage', oneTooMany(positionals[1]));
    const subject =
      action === 'list' ? '' : required(positionals[1], action === 'remove' ? 'The key set' : 'The contract');
    if (action === 'import' && given['legacy-refresh-key'] === undefined) {
      required(given['access-key'], '--access-key or --legacy-refresh-key');
    } else if (action === 'import') {
      required(given['legacy-refresh-key'], '--legacy-refresh-key');
      if (given['access-key'] !== undefined || given['refresh-key'] !== undefined)
        throw new RefractError('usage', '--legacy-refresh-key goes alone: its key signs nothing.');
    }
    const setup = await setUp({ database: db, configFile: config });
    if (action !== 'list' && action !== 'remove') checkContract(setup, subject);
    await withRefract(setup, ({ administration }) => act(administration, action, subject, given));
  },
};

async function act(
  administration: Refract['administration'],
  action: Action,
  subject: string,
  given: Given,
): Promise<void> {
  switch (action) {
    case 'list':
      printTable(columns, await administration.listKeySets());
      return;
    case 'publish':
    case 'import': {
      const [access, refresh] = [textOf(given['access-key']), textOf(given['refresh-key'])];
      const legacyRefresh = textOf(given['legacy-refresh-key']);
      const { id } = await administration.addKeySet(subject, { access, refresh, legacyRefresh }, byCommandLine);
      if (legacyRefresh !== undefined) {
        print(`${subject} has the legacy key ${id}; it verifies refresh tokens that are imported, and signs nothing.`);
        return;
      }
      print(
        `${subject} has the key set ${id} as its next one; it is published, and signs after: refract keys rotate ${subject}`,
      );
      return;
    }
    case 'rotate': {
      const { id } = await administration.rotateKeySet(subject, given['at-once'] === true, byCommandLine);
      print(`${subject} signs with the key set ${id}; what the one before has signed goes on working.`);
      return;
    }
    case 'remove':
      await administration.removeKeySet(subject, undefined, given.force === true, byCommandLine);
      print(`The key set ${subject} is removed.`);
      return;
    case 'compromise': {
      const ended = await administration.compromiseKeySets(subject, byCommandLine);
      print(
        `${subject} has a fresh key set; ${String(ended)} living ${ended === 1 ? 'session is' : 'sessions are'} over.`,
      );
      return;
    }
  }
}

function textOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (reason) {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
    throw new RefractError('command', `The key file ${file} cannot be read (${code}).`);
  }
}

type KeySet = Awaited<ReturnType<Administration['listKeySets']>>[number];

const columns: readonly (readonly [heading: string, cell: (keySet: KeySet) => string])[] = [
  ['key set', ({ id }) => id],
  ['contract', ({ contract }) => contract],
  ['algorithm', ({ algorithm }) => algorithm],
  ['state', ({ state }) => state],
  ['access kid', ({ accessKid }) => accessKid ?? '-'],
  ['refresh kid', ({ refreshKid }) => refreshKid],
  ['created', ({ createdAt }) => time(createdAt)],
  ['retired', ({ retiredAt }) => (retiredAt === undefined ? '-' : time(retiredAt))],
];
