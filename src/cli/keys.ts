// refract keys: publishes, rotates and removes the keys that sign.
import { readFileSync } from 'node:fs';
import { RefractError } from '../errors.ts';
import type { Administration } from '../admin/administration.ts';
import {
  byCommandLine,
  codeOf,
  requireAction,
  time,
  withSettings,
  type AddCommand,
  type Cli,
  type Columns,
} from './command.ts';

export const keys: AddCommand = (program, cli) => {
  const { setUp, withRefract, print, printTable } = cli;
  const command = program.command('keys').description('Lists, publishes, imports, rotates, removes and replaces keys');
  command
    .command('list')
    .description('all key sets: an access key and a refresh key each')
    .action(async (_options, action) => {
      await withRefract(await setUp(action), async ({ administration }) => {
        printTable(columns, await administration.listKeySets());
      });
    });
  command
    .command('publish <contract>')
    .description('make the next key set; the JWKS shows its public key at once, and it signs after rotate')
    .action(async (contract, _options, action) => {
      await withRefract(await setUp(action, contract), async ({ administration }) => {
        print(published(contract, (await administration.addKeySet(contract, {}, byCommandLine)).id));
      });
    });
  command
    .command('rotate <contract>')
    .description('sign with the next key set from now on; tokens signed before stay valid')
    .option('--at-once', 'rotate to a new key set although none was published ahead')
    .action(async (contract, { atOnce = false }, action) => {
      await withRefract(await setUp(action, contract), async ({ administration }) => {
        const { id } = await administration.rotateKeySet(contract, atOnce, byCommandLine);
        print(`${contract} signs with the key set ${id}; tokens signed before stay valid.`);
      });
    });
  command
    .command('remove')
    .description('remove a key set that does not sign; refused while tokens that it signed may be active')
    .argument('<key-set>', 'its id')
    .option('--force', 'remove it even then, which ends those tokens')
    .action(async (id, { force = false }, action) => {
      await withRefract(await setUp(action), async ({ administration }) => {
        await administration.removeKeySet(id, undefined, force, byCommandLine);
        print(`The key set ${id} is removed.`);
      });
    });
  command
    .command('import <contract>')
    .description('publish with keys of another server')
    .option('--access-key <file>', 'a JWK, an Ed25519 key in PEM (PKCS #8), or the characters of an HS256 secret')
    .option('--refresh-key <file>', 'the same for refresh tokens; generated where left out')
    .option('--legacy-refresh-key <file>', 'alone: verifies the refresh tokens to be imported, and signs nothing')
    .action(async (contract, { accessKey, refreshKey, legacyRefreshKey }, action) => {
      if ((accessKey || legacyRefreshKey || undefined) === undefined) {
        throw new RefractError('usage', 'Missing option --access-key or --legacy-refresh-key.');
      }
      if (legacyRefreshKey !== undefined && (accessKey ?? refreshKey) !== undefined) {
        throw new RefractError('usage', '--legacy-refresh-key goes alone: its key signs nothing.');
      }
      const given = {
        access: keyIn(accessKey, cli),
        refresh: keyIn(refreshKey, cli),
        legacyRefresh: keyIn(legacyRefreshKey, cli),
      };
      await withRefract(await setUp(action, contract), async ({ administration }) => {
        const { id } = await administration.addKeySet(contract, given, byCommandLine);
        const legacy = `${contract} has the legacy key ${id}; it verifies refresh tokens that are imported, and signs nothing.`;
        print(legacyRefreshKey === undefined ? published(contract, id) : legacy);
      });
    });
  command
    .command('compromise <contract>')
    .description('a key has leaked: a new key set replaces all others, and every session ends')
    .action(async (contract, _options, action) => {
      await withRefract(await setUp(action, contract), async ({ administration }) => {
        const ended = await administration.compromiseKeySets(contract, byCommandLine);
        print(
          `${contract} has a new key set; ${String(ended)} active ${ended === 1 ? 'session is' : 'sessions are'} revoked.`,
        );
      });
    });
  return withSettings(requireAction(command));
};

function published(contract: string, id: string): string {
  return `${contract} has the key set ${id} as its next one; it is published, and signs after: refract keys rotate ${contract}`;
}

function keyIn(file: string | undefined, { pathOf }: Cli): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(pathOf(file), 'utf8');
  } catch (reason) {
    throw new RefractError('command', `The key file ${file} cannot be read (${codeOf(reason)}).`);
  }
}

type KeySet = Awaited<ReturnType<Administration['listKeySets']>>[number];

const columns: Columns<KeySet> = [
  ['key set', ({ id }) => id],
  ['contract', ({ contract }) => contract],
  ['algorithm', ({ algorithm }) => algorithm],
  ['state', ({ state }) => state],
  ['access kid', ({ accessKid }) => accessKid ?? '-'],
  ['refresh kid', ({ refreshKid }) => refreshKid],
  ['created', ({ createdAt }) => time(createdAt)],
  ['retired', ({ retiredAt }) => (retiredAt === undefined ? '-' : time(retiredAt))],
];
