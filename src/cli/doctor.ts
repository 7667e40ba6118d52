// refract doctor: looks at everything a server needs, changes nothing, and says what to do.
import { existsSync } from 'node:fs';
import { isForeseen, RefractError } from '../errors.ts';
import {
  adminTokenFile,
  checkReplies,
  configFor,
  databasePlace,
  inspectDatabase,
  inspectPostgres,
  loadContracts,
  masterSecretOf,
  trustedProxy,
  withSettings,
  type LoadedContract,
  type ServedContract,
} from '../app/app.ts';
import type { Config } from '../config.ts';
import { checkedFlags, commonFlags, commonOptions, parse, print, type Command } from './command.ts';
import { counted } from './counted.ts';
import { checkAdminToken } from './doctor/admin-token.ts';
import { checkConfiguration, sourceOf } from './doctor/configuration.ts';
import { checkClock, checkSchema } from './doctor/database.ts';
import { checkDiskSpace, checkPermissions } from './doctor/files.ts';
import type { Finding } from './doctor/finding.ts';
import { checkKeys } from './doctor/keys.ts';
import { checkAdminPort, checkPort } from './doctor/port.ts';
import { checkPostgres } from './doctor/postgres.ts';

export const doctor: Command = {
  usage: 'doctor [--port PORT] [--host HOST] [--admin-port PORT] [--db FILE] [--config FILE]',
  summary: 'Checks what a server needs, running or not, and changes nothing',
  options: [
    ['--port PORT', 'the port of the server (PORT; default 8080)'],
    ['--host HOST', 'the address of the server (REFRACT_HOST; default 127.0.0.1)'],
    ['--admin-port PORT', 'the port of its admin listener (REFRACT_ADMIN_PORT; default 8081)'],
    ...commonOptions,
  ],
  run: async (rest) => {
    const { values } = parse(rest, {
      port: { type: 'string' },
      host: { type: 'string' },
      'admin-port': { type: 'string' },
      ...commonFlags,
    });
    const flags = checkedFlags({
      port: values.port,
      host: values.host,
      adminPort: values['admin-port'],
      database: values.db,
      configFile: values.config,
    });
    let failures = 0;
    for await (const { level, check, sentence } of findings(flags)) {
      print(`${level.padEnd(4)}  ${check.padEnd(13)}  ${sentence.replaceAll(/\s*\n\s*/g, ' ')}`);
      if (level === 'FAIL') failures += 1;
    }
    if (failures > 0) throw new RefractError('command', `${counted(failures, 'check')} failed.`);
  },
};

async function* findings(flags: Readonly<Record<string, string>>): AsyncGenerator<Finding> {
  yield checkNode();
  const contracts = await attempt('documents', async () => {
    const loaded = await loadContracts();
    await checkReplies(loaded);
    return loaded;
  });
  if ('level' in contracts) {
    yield contracts;
    return;
  }
  yield { level: 'ok', check: 'documents', sentence: `${contracts.map(({ name }) => name).join(', ')} load and fit` };
  const configured = await attempt('configuration', async () => configure(contracts, flags));
  if ('level' in configured) yield configured;
  else yield* findingsOf(configured.config, configured.served);
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isTested = major > 24 || (major === 24 && minor >= 18);
  return isTested
    ? { level: 'ok', check: 'node', sentence: process.version }
    : {
        level: 'warn',
        check: 'node',
        sentence: `${process.version} is older than 24.18, which Refract is tested with.`,
      };
}

/** What cannot be had is a finding; what depends on it is not looked at. */
async function attempt<Result>(check: string, get: () => Promise<Result>): Promise<Result | Finding> {
  try {
    return await get();
  } catch (reason) {
    if (!isForeseen(reason)) throw reason;
    return { level: 'FAIL', check, sentence: reason.message };
  }
}

interface Configured {
  readonly config: Config;
  readonly served: readonly ServedContract[];
}

function configure(contracts: readonly LoadedContract[], flags: Readonly<Record<string, string>>): Configured {
  const config = configFor(contracts, flags);
  // Else the listener alone would look at these, at the start.
  trustedProxy(config);
  return { config, served: withSettings(config, contracts) };
}

async function* findingsOf(config: Config, contracts: readonly ServedContract[]): AsyncGenerator<Finding> {
  const { database, databaseUrl } = config;
  yield* checkConfiguration(config, contracts);
  yield sourceOf(config);
  const secrets = [
    ...(config.masterSecret === undefined ? [masterSecretOf(config).file] : []),
    ...(config.adminToken === undefined ? [adminTokenFile(config)] : []),
  ];
  yield* checkPermissions(databaseUrl === undefined ? database : undefined, secrets, config.configFile);
  yield* databaseUrl === undefined ? ofSqlite(config, contracts) : ofPostgres(databaseUrl, config, contracts);
  yield* checkAdminToken(config);
  if (databaseUrl === undefined) yield* checkDiskSpace(database);
  yield* await checkPort(config);
  yield* await checkAdminPort(config);
}

async function* ofPostgres(
  databaseUrl: string,
  config: Config,
  contracts: readonly ServedContract[],
): AsyncGenerator<Finding> {
  const inspection = await attempt('database', async () => inspectPostgres(databaseUrl));
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
    yield {
      level: 'warn',
      check: 'schema',
      sentence: `There is no database ${database} yet; the first start makes it.`,
    };
    yield* await checkKeys(config, contracts, undefined, secondsNow());
    return;
  }
  const inspection = await attempt('schema', async () => inspectDatabase(database, busyTimeout, secondsNow()));
  if ('level' in inspection) {
    yield inspection;
    return;
  }
  yield* checkSchema(database, inspection);
  yield* checkClock(inspection, secondsNow());
  yield* await checkKeys(config, contracts, inspection.rows, secondsNow());
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1_000);
}
