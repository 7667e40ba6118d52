// Every setting there is: its name, type, default and a sentence. The only place that reads the environment, and the
// file that may stand in for it.
//
// The README's table is generated from here, so what is not here does not exist.

import { RefractError } from './errors.ts';
import { contractSettings } from './config/contract-settings.ts';
import { readSettingsFile } from './config/file.ts';
import { givenBy, type Given } from './config/given.ts';
import {
  choice,
  databaseAddress,
  databaseFile,
  integer,
  optional,
  origin,
  pattern,
  secret,
  text,
  type Setting,
} from './config/setting.ts';

export { addressTrouble } from './config/address.ts';
export { contractSettings } from './config/contract-settings.ts';
export type { Setting } from './config/setting.ts';

/** The settings of the server as a whole. */
export const settings = {
  configFile: optional(
    'REFRACT_CONFIG',
    'none',
    'File with settings as lines of NAME=value, under the names of this table; the environment wins over it.',
  ),
  port: integer('PORT', 8080, 0, 65_535, 'TCP port to listen on; 0 takes a free one.'),
  host: text('REFRACT_HOST', '127.0.0.1', 'Address to listen on.'),
  database: databaseFile('REFRACT_DB', 'var/refract.db', 'The SQLite file; made with its folder where missing.'),
  databaseUrl: databaseAddress(
    'DATABASE_URL',
    'none',
    'A PostgreSQL database (postgres://…) in place of the SQLite file; any number of servers may share it.',
  ),
  databasePool: integer(
    'REFRACT_DATABASE_POOL',
    10,
    1,
    1_000,
    'Connections that one server has to PostgreSQL at most, beside one that listens.',
  ),
  masterSecret: secret(
    'REFRACT_MASTER_SECRET',
    'Secret of at least 32 characters that seals the keys in the database.',
  ),
  masterSecretFile: optional(
    'REFRACT_MASTER_SECRET_FILE',
    'master.key beside the database',
    'File (mode 0600) that holds the master secret where REFRACT_MASTER_SECRET is not set; made where missing.',
  ),
  previousMasterSecret: secret(
    'REFRACT_PREVIOUS_MASTER_SECRET',
    'The master secret before this one: keys that it sealed are sealed under the present one at the next start.',
  ),
  busyTimeout: integer(
    'REFRACT_BUSY_TIMEOUT',
    2_000,
    0,
    60_000,
    'Milliseconds to wait for another process that is writing to the database; no refresh is answered meanwhile.',
  ),
  engineThread: choice(
    'REFRACT_ENGINE_THREAD',
    'on',
    ['on', 'off'],
    'Whether database, keys and signatures have a thread of their own beside the one that reads requests and writes answers; with PostgreSQL they never do. To use more than two cores, run several servers on PostgreSQL.',
  ),
  headerTimeout: integer('REFRACT_HEADER_TIMEOUT', 10, 1, 600, 'Seconds a client may take to send its headers.'),
  requestTimeout: integer(
    'REFRACT_REQUEST_TIMEOUT',
    20,
    1,
    600,
    'Seconds a client may take to send its whole request.',
  ),
  stopTimeout: integer('REFRACT_STOP_TIMEOUT', 5, 0, 600, 'Seconds that a stopping server gives requests under way.'),
  failureLimit: integer(
    'REFRACT_FAILURE_LIMIT',
    0,
    0,
    1_000_000,
    "Refused or invalid requests one address may make of a contract in a minute before it is throttled; 0 sets no limit, which is right behind a proxy, whose address is everybody's.",
  ),
  purgeInterval: integer(
    'REFRACT_PURGE_INTERVAL',
    600,
    0,
    86_400,
    'Seconds between two times that a running server removes sessions which ended more than a day ago; 0 never does.',
  ),
  auditRetention: integer(
    'REFRACT_AUDIT_RETENTION',
    7_776_000,
    0,
    315_360_000,
    'Seconds that the audit trail goes back; what is older is removed along with ended sessions, 0 keeps everything.',
  ),
  sessionLimit: integer(
    'REFRACT_SESSION_LIMIT',
    0,
    0,
    1_000_000,
    'Refreshes of one session in a minute before it is throttled (it is never ended for that); 0 sets no limit.',
  ),
  trustProxy: pattern(
    'REFRACT_TRUST_PROXY',
    'none',
    /^(none|[1-9]|((loopback|linklocal|uniquelocal|[\da-f]*[:.][\da-f:.]*(\/\d{1,3})?)(,(?!$)|$))+)$/i,
    'none, a number of proxies from 1 to 9, or addresses and networks separated by commas (loopback is one)',
    'Whose X-Forwarded-For is believed when a caller is told by its address: none, a number of proxies, or their addresses and networks separated by commas.',
  ),
  adminPort: integer('REFRACT_ADMIN_PORT', 8081, 0, 65_535, 'TCP port of the admin listener; 0 takes a free one.'),
  adminHost: text('REFRACT_ADMIN_HOST', '127.0.0.1', 'Address of the admin listener.'),
  adminNames: pattern(
    'REFRACT_ADMIN_NAMES',
    'none',
    /^(none|[a-z\d]([a-z\d.-]*[a-z\d])?(,[a-z\d]([a-z\d.-]*[a-z\d])?)*)$/i,
    'none, or host names separated by commas',
    'Host names by which the admin listener is asked, besides addresses and localhost. With none, one on the loopback is asked by no other name, and one on another address by any.',
  ),
  adminToken: secret(
    'REFRACT_ADMIN_TOKEN',
    'Admin token of at least 32 characters; several as NAME:TOKEN,NAME:TOKEN, so that one can take the place of another.',
  ),
  adminTokenFile: optional(
    'REFRACT_ADMIN_TOKEN_FILE',
    'admin.token beside the database',
    'File (mode 0600) that holds the admin token where REFRACT_ADMIN_TOKEN is not set; made where missing.',
  ),
  adminFailureLimit: integer(
    'REFRACT_ADMIN_FAILURE_LIMIT',
    20,
    0,
    1_000_000,
    'Wrong admin tokens one address may send in a minute before more of them are throttled; a right one never is. 0 sets no limit.',
  ),
  logLevel: choice(
    'REFRACT_LOG_LEVEL',
    'info',
    ['debug', 'info', 'warn', 'error', 'silent'],
    'Least severe log line to write.',
  ),
  console: choice(
    'REFRACT_CONSOLE',
    'on',
    ['on', 'off'],
    'Whether the console is shown at / and below /console; --no-console is the same as off.',
  ),
  mockOrigin: origin(
    'REFRACT_MOCK_ORIGIN',
    'none',
    'Where a mock of the same contracts runs, for example http://127.0.0.1:4010; the console links to it.',
  ),
} as const;

type Read<Settings> = {
  readonly [Name in keyof Settings]: Settings[Name] extends Setting<infer Value> ? Value : never;
};
type ReadContract = {
  readonly [Name in keyof typeof contractSettings]?: Exclude<
    ReturnType<ReturnType<(typeof contractSettings)[Name]>['read']>,
    undefined
  >;
};

/** The configuration as read. */
export interface Config extends Read<typeof settings> {
  /** By contract name. */
  readonly contracts: ReadonlyMap<string, ReadContract>;
  /** The settings that the configuration file has, by name. */
  readonly fromFile: ReturnType<Given['fromFile']>;
}

/**
 * Reads the configuration.
 * @param contractNames the contracts there are
 * @param flags settings from the command line, by name; they win over the environment, which wins over the file
 * @throws RefractError `configuration` for a value that does not fit, for a REFRACT_ setting that does not exist (in
 * the file, for any such name), or for a file that cannot be used
 */
export function readConfig(
  contractNames: readonly string[],
  flags: Readonly<Partial<Record<keyof typeof settings, string>>> = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const configFile = settings.configFile.read(flags.configFile ?? environment[settings.configFile.variable]);
  const file = configFile === undefined ? undefined : readSettingsFile(configFile);
  const own = file?.settings.get(settings.configFile.variable);
  if (own !== undefined) {
    throw new RefractError(
      'configuration',
      `${configFile ?? ''}:${String(own.line)}: ${settings.configFile.variable} names this file and cannot stand in it.`,
    );
  }
  const { valueOf, fromFile, refuseUnknown } = givenBy(environment, file);

  const contracts = new Map<string, ReadContract>();
  for (const contract of contractNames) {
    const policy = valueOf(contractSettings.policy(contract));
    const accessLifetime = valueOf(contractSettings.accessLifetime(contract));
    const refreshLifetime = valueOf(contractSettings.refreshLifetime(contract));
    const sessionLifetime = valueOf(contractSettings.sessionLifetime(contract));
    const gracePeriod = valueOf(contractSettings.gracePeriod(contract));
    const corsOrigins = valueOf(contractSettings.corsOrigins(contract));
    contracts.set(contract, {
      ...(policy !== undefined && { policy }),
      ...(accessLifetime !== undefined && { accessLifetime }),
      ...(refreshLifetime !== undefined && { refreshLifetime }),
      ...(sessionLifetime !== undefined && { sessionLifetime }),
      ...(gracePeriod !== undefined && { gracePeriod }),
      ...(corsOrigins !== undefined && { corsOrigins }),
    });
  }
  const config: Config = {
    configFile: valueOf(settings.configFile, flags.configFile),
    port: valueOf(settings.port, flags.port),
    host: valueOf(settings.host, flags.host),
    database: valueOf(settings.database, flags.database),
    // Whoever names a file on the command line means that file.
    databaseUrl: valueOf(
      { ...settings.databaseUrl, ...(flags.database !== undefined && { read: () => undefined }) },
      flags.databaseUrl,
    ),
    databasePool: valueOf(settings.databasePool, flags.databasePool),
    masterSecret: valueOf(settings.masterSecret, flags.masterSecret),
    masterSecretFile: valueOf(settings.masterSecretFile, flags.masterSecretFile),
    previousMasterSecret: valueOf(settings.previousMasterSecret, flags.previousMasterSecret),
    busyTimeout: valueOf(settings.busyTimeout, flags.busyTimeout),
    engineThread: valueOf(settings.engineThread, flags.engineThread),
    headerTimeout: valueOf(settings.headerTimeout, flags.headerTimeout),
    requestTimeout: valueOf(settings.requestTimeout, flags.requestTimeout),
    stopTimeout: valueOf(settings.stopTimeout, flags.stopTimeout),
    failureLimit: valueOf(settings.failureLimit, flags.failureLimit),
    adminPort: valueOf(settings.adminPort, flags.adminPort),
    adminHost: valueOf(settings.adminHost, flags.adminHost),
    adminNames: valueOf(settings.adminNames, flags.adminNames),
    adminToken: valueOf(settings.adminToken, flags.adminToken),
    adminTokenFile: valueOf(settings.adminTokenFile, flags.adminTokenFile),
    adminFailureLimit: valueOf(settings.adminFailureLimit, flags.adminFailureLimit),
    auditRetention: valueOf(settings.auditRetention, flags.auditRetention),
    sessionLimit: valueOf(settings.sessionLimit, flags.sessionLimit),
    trustProxy: valueOf(settings.trustProxy, flags.trustProxy),
    purgeInterval: valueOf(settings.purgeInterval, flags.purgeInterval),
    logLevel: valueOf(settings.logLevel, flags.logLevel),
    console: valueOf(settings.console, flags.console),
    mockOrigin: valueOf(settings.mockOrigin, flags.mockOrigin),
    contracts,
    fromFile: fromFile(),
  };
  refuseUnknown();
  return config;
}
