// refract doctor: checks everything that a server needs, changes nothing, and says what to do.
import { existsSync } from 'node:fs';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { isForeseen, RefractError } from '../errors.ts';
import { adminTokenFile, inspectAdminTokens } from '../app/admin-listener.ts';
import { checkReplies, loadContracts, withSettings as configured, type ServedContract } from '../app/contracts.ts';
import { databasePlace, masterSecretOf } from '../app/open.ts';
import { settings, type Config } from '../config.ts';
import { inspectDatabase } from '../store/sqlite/inspect.ts';
import { counted, flagsOf, withSettings, type AddCommand, type Cli } from './command.ts';
import { checkClock, checkKeys, checkPostgres, checkSchema } from './doctor/database.ts';
import { attempt, failure, ok, warning, wellUnless, type Finding, type Found } from './doctor/finding.ts';
import { checkDiskSpace, checkPermissions, checkPorts } from './doctor/machine.ts';

export const doctor: AddCommand = (program, cli) =>
  withSettings(
    program
      .command('doctor')
      .description('Checks what a server needs, running or not, and changes nothing')
      .action(async (_options, command) => {
        let failures = 0;
        for await (const { level, check, sentence } of findings(cli, command)) {
          cli.print(`${level.padEnd(4)}  ${check.padEnd(13)}  ${sentence.replaceAll(/\s*\n\s*/g, ' ')}`);
          if (level === 'FAIL') failures += 1;
        }
        if (failures > 0) throw new RefractError('command', `${counted(failures, 'check')} failed.`);
      }),
    ['port', 'host', 'adminPort', 'database', 'configFile'],
  );

async function* findings(cli: Cli, command: CommandUnknownOpts): AsyncGenerator<Finding> {
  flagsOf(command);
  yield { check: 'node', ...nodeFound() };
  const contracts = await attempt('documents', async () => {
    const loaded = await loadContracts();
    await checkReplies(loaded);
    return loaded;
  });
  if ('level' in contracts) {
    yield contracts;
    return;
  }
  yield { check: 'documents', ...ok(`${contracts.map(({ name }) => name).join(', ')} load and fit`) };
  const setup = await attempt('configuration', async () => {
    const { config } = await cli.setUp(command);
    return { config, served: configured(config, contracts) };
  });
  if ('level' in setup) yield setup;
  else yield* findingsOf(setup.config, setup.served);
}

function nodeFound(): Found {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isTested = major > 24 || (major === 24 && minor >= 18);
  if (isTested) return ok(process.version);
  return warning(`${process.version} is older than 24.18, which Refract is tested with.`);
}

async function* findingsOf(config: Config, contracts: readonly ServedContract[]): AsyncGenerator<Finding> {
  const { database, databaseUrl } = config;
  const contradictions = [...serverContradictions(config), ...contracts.flatMap(contractContradictions)];
  yield* wellUnless('configuration', 'every setting exists and fits', contradictions.map(warning));
  yield { check: 'settings', ...sourceFound(config) };
  yield* checkPermissions(config, [
    ...(config.masterSecret === undefined ? [masterSecretOf(config).file] : []),
    ...(config.adminToken === undefined ? [adminTokenFile(config)] : []),
  ]);
  yield* databaseUrl === undefined ? ofSqlite(config, contracts) : ofPostgres(databaseUrl, config, contracts);
  yield { check: 'admin token', ...adminTokenFound(config) };
  if (databaseUrl === undefined) yield checkDiskSpace(database);
  yield* await checkPorts(config);
}

/** Settings that fit one by one, and not together. */
function serverContradictions(config: Config): readonly string[] {
  const { masterSecret, masterSecretFile, previousMasterSecret, host, adminHost } = config;
  const nameOf = (name: keyof typeof settings): string => settings[name].variable;
  const isLocal = isOfThisMachine(host);
  return [
    ...unless(
      masterSecret === undefined || masterSecretFile === undefined,
      `${nameOf('masterSecret')} wins over ${nameOf('masterSecretFile')}; give one of them.`,
    ),
    ...unless(
      previousMasterSecret === undefined || previousMasterSecret !== masterSecret,
      `${nameOf('previousMasterSecret')} is the present master secret; leave it out.`,
    ),
    ...unless(
      config.headerTimeout <= config.requestTimeout,
      `${nameOf('headerTimeout')} is longer than ${nameOf('requestTimeout')}, which ends such a request first.`,
    ),
    ...unless(
      config.failureLimit === 0 || !isLocal,
      `${nameOf('failureLimit')} counts by address, and on ${host} all that come through a proxy have the same; set it to 0 there.`,
    ),
    ...unless(
      isLocal,
      `The server answers on ${host} without TLS; see that only a proxy with TLS can reach it, or set ${nameOf('host')} to 127.0.0.1.`,
    ),
    ...unless(
      isOfThisMachine(adminHost),
      `The admin listener answers on ${adminHost} without TLS; see that only a proxy with TLS or a private network can reach it, or set ${nameOf('adminHost')} to 127.0.0.1.`,
    ),
  ];
}

function contractContradictions({ name, settings: own }: ServedContract): readonly string[] {
  const { accessLifetime, refreshLifetime, sessionLifetime } = own;
  return [
    ...unless(
      accessLifetime <= refreshLifetime,
      `${name}: access tokens (${String(accessLifetime)} s) outlive refresh tokens (${String(refreshLifetime)} s), so that none can be refreshed when it has expired.`,
    ),
    ...unless(
      refreshLifetime <= sessionLifetime,
      `${name}: refresh tokens (${String(refreshLifetime)} s) would outlive their session (${String(sessionLifetime)} s) and are cut short by it.`,
    ),
  ];
}

function isOfThisMachine(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host);
}

function unless(isWell: boolean, sentence: string): readonly string[] {
  return isWell ? [] : [sentence];
}

/** Where the settings came from; by name, since a value may be a secret. */
function sourceFound({ configFile, fromFile }: Config): Found {
  if (configFile === undefined) {
    const without = `no file is named by --config or ${settings.configFile.variable}`;
    return ok(`from the environment and the command line alone; ${without}`);
  }
  const names = (wanted: boolean): string =>
    [...fromFile]
      .flatMap(([name, { isOverruled }]) => (isOverruled === wanted ? [name] : []))
      .sort()
      .join(', ');
  const overruled = names(true);
  return ok(
    `from ${configFile}: ${names(false) || 'none'}${overruled && `; given elsewhere, which wins: ${overruled}`}`,
  );
}

/** Where the admin tokens are and their names, never the tokens. */
function adminTokenFound(config: Config): Found {
  const file = adminTokenFile(config);
  const { adminToken, adminTokenFile: fileSetting } = settings;
  try {
    const names = inspectAdminTokens(config);
    if (names === undefined) return warning(`There is no admin token yet; the first start makes it, in ${file}.`);
    if (config.adminToken !== undefined && config.adminTokenFile !== undefined) {
      return warning(`${adminToken.variable} wins over ${fileSetting.variable}; give one of them.`);
    }
    return ok(`${names.join(', ')}, from ${config.adminToken === undefined ? file : adminToken.variable}`);
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    return failure(reason.message);
  }
}

async function* ofPostgres(url: string, config: Config, contracts: readonly ServedContract[]): AsyncGenerator<Finding> {
  const inspection = await attempt('database', async () => {
    // The driver is loaded only where it is needed.
    const { inspectPostgres } = await import('../store/postgres/inspect.ts');
    return inspectPostgres(url);
  });
  if ('level' in inspection) {
    yield inspection;
    return;
  }
  yield* checkPostgres(databasePlace(config), inspection);
  yield* checkClock(inspection, inspection.now);
  yield* await checkKeys(config, contracts, inspection.rows, inspection.now);
}

async function* ofSqlite(config: Config, contracts: readonly ServedContract[]): AsyncGenerator<Finding> {
  const { database, busyTimeout } = config;
  if (!existsSync(database)) {
    yield { check: 'schema', ...warning(`There is no database ${database} yet; the first start makes it.`) };
    yield* await checkKeys(config, contracts, undefined, secondsNow());
    return;
  }
  const inspection = await attempt('schema', () => inspectDatabase(database, busyTimeout, secondsNow()));
  if ('level' in inspection) {
    yield inspection;
    return;
  }
  yield checkSchema(database, inspection);
  yield* checkClock(inspection, secondsNow());
  yield* await checkKeys(config, contracts, inspection.rows, secondsNow());
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1_000);
}
