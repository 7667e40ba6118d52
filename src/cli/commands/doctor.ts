// refract doctor: checks everything that a server needs, changes nothing, and says what to do.
import { existsSync } from 'node:fs';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { RefractError } from '../../errors.ts';
import { adminTokenFile, inspectAdminTokens } from '../../app/admin-listener.ts';
import {
  loadFolder,
  requireServed,
  withoutUnfit,
  withSettings as configure,
  type ServedContract,
} from '../../app/contracts.ts';
import { databasePlace, masterSecretOf } from '../../app/open.ts';
import { settings, type Config, type SettingName } from '../../config.ts';
import { inspectDatabase } from '../../store/sqlite/inspect.ts';
import { formatCount, readFlags, withSettings, type AddCommand, type Cli } from '../command.ts';
import { checkClock, checkKeys, checkPostgres, checkSchema } from '../doctor/database.ts';
import { attempt, failure, report, warning, type Finding } from '../doctor/finding.ts';
import { checkDiskSpace, checkPermissions, checkPorts } from '../doctor/machine.ts';

export const doctor: AddCommand = (program, cli) => {
  const command = program
    .command('doctor')
    .description('Checks what a server needs, running or not, and changes nothing')
    .action(async (_options, command) => {
      let failures = 0;
      for await (const { level, check, sentence } of runChecks(cli, command)) {
        cli.print(`${level.padEnd(4)}  ${check.padEnd(13)}  ${sentence.replaceAll(/\s*\n\s*/g, ' ')}`);
        if (level === 'FAIL') failures += 1;
      }
      if (failures > 0) throw new RefractError('command', `${formatCount(failures, 'check')} failed.`);
    });
  return withSettings(command, ['port', 'host', 'adminPort', 'database', 'configFile']);
};

async function* runChecks(cli: Cli, command: CommandUnknownOpts): AsyncGenerator<Finding> {
  readFlags(command);
  yield* checkNode();
  const folder = await attempt('documents', async () => {
    const folder = await withoutUnfit(await loadFolder());
    requireServed(folder);
    return folder;
  });
  if ('level' in folder) {
    yield folder;
    return;
  }
  const { contracts, unserved } = folder;
  const unservedReasons = unserved.map(({ reason }) => failure(`not served: ${reason.message}`));
  yield* report('documents', `${contracts.map(({ name }) => name).join(', ')} are valid`, unservedReasons);
  const setup = await attempt('configuration', async () => {
    const { config } = await cli.setUp(command);
    return { config, served: configure(config, contracts) };
  });
  if ('level' in setup) {
    yield setup;
    return;
  }
  const { config, served } = setup;
  const contradictions = [...serverContradictions(config), ...served.flatMap(contractContradictions)];
  yield* report('configuration', 'every setting is known and valid', contradictions.map(warning));
  yield* report('settings', describeSources(config));
  yield* checkPermissions(config, [
    ...(config.masterSecret === undefined ? [masterSecretOf(config).file] : []),
    ...(config.adminToken === undefined ? [adminTokenFile(config)] : []),
  ]);
  yield* config.databaseUrl === undefined
    ? checkSqlite(config, served)
    : checkServer(config.databaseUrl, config, served);
  yield* await checkAdminToken(config);
  if (config.databaseUrl === undefined) yield* checkDiskSpace(config.database);
  yield* await checkPorts(config);
}

function checkNode(): readonly Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isTested = major > 24 || (major === 24 && minor >= 18);
  const outdated = `${process.version} is older than 24.18, which Refract is tested with.`;
  return report('node', process.version, isTested ? [] : [warning(outdated)]);
}

/** Settings that are valid one by one, and contradict each other. */
function serverContradictions(config: Config): readonly string[] {
  const { masterSecret, masterSecretFile, previousMasterSecret, host, adminHost } = config;
  const nameOf = (name: SettingName): string => settings[name].variable;
  const exposed = 'without TLS; allow only a TLS proxy to reach it, or set';
  return sentencesOf([
    [
      masterSecret !== undefined && masterSecretFile !== undefined,
      `${nameOf('masterSecret')} wins over ${nameOf('masterSecretFile')}; set only one of them.`,
    ],
    [
      previousMasterSecret !== undefined && previousMasterSecret === masterSecret,
      `${nameOf('previousMasterSecret')} equals the present master secret; remove it.`,
    ],
    [
      config.headerTimeout > config.requestTimeout,
      `${nameOf('headerTimeout')} is longer than ${nameOf('requestTimeout')}, which ends such a request first.`,
    ],
    [
      config.failureLimit > 0 && isLoopback(host),
      `${nameOf('failureLimit')} counts by address, and all clients of a proxy on ${host} share one; set it to 0.`,
    ],
    [!isLoopback(host), `The server listens on ${host} ${exposed} ${nameOf('host')}=127.0.0.1.`],
    [!isLoopback(adminHost), `The admin listener is on ${adminHost} ${exposed} ${nameOf('adminHost')}=127.0.0.1.`],
  ]);
}

function contractContradictions({ name, settings: own }: ServedContract): readonly string[] {
  const [access, refresh, session] = [own.accessLifetime, own.refreshLifetime, own.sessionLifetime].map(
    (seconds) => `${String(seconds)} s`,
  );
  return sentencesOf([
    [
      own.accessLifetime > own.refreshLifetime,
      `${name}: access tokens (${access}) outlive refresh tokens (${refresh}): expired ones cannot be refreshed.`,
    ],
    [
      own.refreshLifetime > own.sessionLifetime,
      `${name}: refresh tokens (${refresh}) would outlive their session (${session}) and expire with it.`,
    ],
  ]);
}

function sentencesOf(rules: readonly (readonly [isBroken: boolean, sentence: string])[]): readonly string[] {
  return rules.flatMap(([isBroken, sentence]) => (isBroken ? [sentence] : []));
}

function isLoopback(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host);
}

/** Where the settings come from, by name: a value may be a secret. */
function describeSources({ configFile, fromFile }: Config): string {
  if (configFile === undefined) {
    return `from the environment and the command line; --config or ${settings.configFile.variable} names a file`;
  }
  const namesWhere = (isWanted: boolean): string => {
    const found = [...fromFile].filter(([, { isOverruled }]) => isOverruled === isWanted);
    return found
      .map(([name]) => name)
      .sort()
      .join(', ');
  };
  const overruled = namesWhere(true);
  return `from ${configFile}: ${namesWhere(false) || 'none'}${overruled && `; overridden elsewhere: ${overruled}`}`;
}

/** Reports where the admin tokens are and their names, never the tokens. */
async function checkAdminToken(config: Config): Promise<readonly Finding[]> {
  const file = adminTokenFile(config);
  const { adminToken, adminTokenFile: fileSetting } = settings;
  const inspected = await attempt('admin token', () => ({ names: inspectAdminTokens(config) }));
  if ('level' in inspected) return [inspected];
  const { names } = inspected;
  const isTwice = config.adminToken !== undefined && config.adminTokenFile !== undefined;
  const source = config.adminToken === undefined ? file : adminToken.variable;
  return report(
    'admin token',
    `${names?.join(', ') ?? ''}, from ${source}`,
    [
      ...sentencesOf([
        [names === undefined, `There is no admin token yet; the first start creates it in ${file}.`],
        [isTwice, `${adminToken.variable} wins over ${fileSetting.variable}; set only one of them.`],
      ]),
    ].map(warning),
  );
}

async function* checkServer(
  url: string,
  config: Config,
  contracts: readonly ServedContract[],
): AsyncGenerator<Finding> {
  const inspection = await attempt('database', async () => {
    // The driver is loaded only where it is needed.
    const { inspectPostgres } = await import('../../store/postgres/inspect.ts');
    return inspectPostgres(url);
  });
  if ('level' in inspection) {
    yield inspection;
    return;
  }
  yield* checkPostgres(databasePlace(config), inspection);
  yield* checkClock(inspection.rows, inspection.now);
  yield* await checkKeys(config, contracts, inspection.rows, inspection.now);
}

async function* checkSqlite(config: Config, contracts: readonly ServedContract[]): AsyncGenerator<Finding> {
  const { database, busyTimeout } = config;
  if (!existsSync(database)) {
    yield* report('schema', '', [warning(`There is no database ${database} yet; the first start creates it.`)]);
    yield* await checkKeys(config, contracts, undefined, secondsNow());
    return;
  }
  const inspection = await attempt('schema', () => inspectDatabase(database, busyTimeout, secondsNow()));
  if ('level' in inspection) {
    yield inspection;
    return;
  }
  yield* checkSchema(database, inspection);
  yield* checkClock(inspection.rows, secondsNow());
  yield* await checkKeys(config, contracts, inspection.rows, secondsNow());
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1_000);
}
