// Every setting there is: its name, type, default and a sentence. The only place that reads the environment.
//
// The README's table is generated from here, so what is not here does not exist.

import {
  ConfigError,
  choice,
  databaseAddress,
  integer,
  optional,
  orDefault,
  origin,
  pattern,
  text,
  type Setting,
} from './config/setting.ts';

export { ConfigError, type Setting } from './config/setting.ts';

/** The settings of the server as a whole. */
export const settings = {
  port: integer('PORT', 8080, 0, 65_535, 'TCP port to listen on; 0 takes a free one.'),
  host: text('REFRACT_HOST', '127.0.0.1', 'Address to listen on.'),
  database: text('REFRACT_DB', 'var/refract.db', 'The SQLite file; made with its folder where missing.'),
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
  masterSecret: optional(
    'REFRACT_MASTER_SECRET',
    'none',
    'Secret of at least 32 characters that seals the keys in the database.',
  ),
  masterSecretFile: optional(
    'REFRACT_MASTER_SECRET_FILE',
    'master.key beside the database',
    'File (mode 0600) that holds the master secret where REFRACT_MASTER_SECRET is not set; made where missing.',
  ),
  previousMasterSecret: optional(
    'REFRACT_PREVIOUS_MASTER_SECRET',
    'none',
    'The master secret before this one: keys that it sealed are sealed under the present one at the next start.',
  ),
  busyTimeout: integer(
    'REFRACT_BUSY_TIMEOUT',
    2_000,
    0,
    60_000,
    'Milliseconds to wait for another process that is writing to the database; nothing else is answered meanwhile.',
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
  adminToken: optional(
    'REFRACT_ADMIN_TOKEN',
    'none',
    'Admin token of at least 32 characters; several as NAME:TOKEN,NAME:TOKEN, so that one can take the place of another.',
  ),
  adminTokenFile: optional(
    'REFRACT_ADMIN_TOKEN_FILE',
    'admin.token beside the database',
    'File (mode 0600) that holds the admin token where REFRACT_ADMIN_TOKEN is not set; made where missing.',
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

const policies = ['single-use', 'reusable', 'static'] as const;

/** The settings that each contract has; `XERIAL` stands for the contract's name. What is left out is the contract's default. */
export const contractSettings = {
  policy: (contract: string) =>
    orDefault(choice(variable(contract, 'POLICY'), 'single-use', policies, 'Policy of sessions issued from now on.')),
  accessLifetime: (contract: string) => lifetime(contract, 'ACCESS_LIFETIME', 'Seconds an access token lives.'),
  refreshLifetime: (contract: string) => lifetime(contract, 'REFRESH_LIFETIME', 'Seconds a refresh token lives.'),
  sessionLifetime: (contract: string) =>
    lifetime(contract, 'SESSION_LIFETIME', 'Seconds after which a session ends, however often it is refreshed.'),
  gracePeriod: (contract: string) =>
    orDefault(
      integer(
        variable(contract, 'GRACE_PERIOD'),
        60,
        0,
        60,
        'Seconds in which a superseded token still gets the same successor again; 0 is strict, 1 is refused.',
      ),
    ),
  corsOrigins: (contract: string) =>
    orDefault({
      ...pattern(
        variable(contract, 'CORS_ORIGINS'),
        'none',
        /^(\*|https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)$/,
        '* or origins such as https://app.example separated by commas',
        'Origins whose pages may call the contract from a browser, separated by commas; * for any.',
      ),
    }),
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
}

/**
 * Reads the configuration.
 * @param contractNames the contracts there are
 * @param flags settings from the command line, by name; they win over the environment
 * @throws ConfigError with one sentence for a value that does not fit, or for a REFRACT_ setting that does not exist
 */
export function readConfig(
  contractNames: readonly string[],
  flags: Readonly<Partial<Record<keyof typeof settings, string>>> = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const known = new Set<string>();
  const valueOf = <Value>(setting: Setting<Value>, flag?: string): Value => {
    known.add(setting.variable);
    return setting.read(flag ?? environment[setting.variable]);
  };

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
    headerTimeout: valueOf(settings.headerTimeout, flags.headerTimeout),
    requestTimeout: valueOf(settings.requestTimeout, flags.requestTimeout),
    stopTimeout: valueOf(settings.stopTimeout, flags.stopTimeout),
    failureLimit: valueOf(settings.failureLimit, flags.failureLimit),
    adminPort: valueOf(settings.adminPort, flags.adminPort),
    adminHost: valueOf(settings.adminHost, flags.adminHost),
    adminToken: valueOf(settings.adminToken, flags.adminToken),
    adminTokenFile: valueOf(settings.adminTokenFile, flags.adminTokenFile),
    auditRetention: valueOf(settings.auditRetention, flags.auditRetention),
    sessionLimit: valueOf(settings.sessionLimit, flags.sessionLimit),
    trustProxy: valueOf(settings.trustProxy, flags.trustProxy),
    purgeInterval: valueOf(settings.purgeInterval, flags.purgeInterval),
    logLevel: valueOf(settings.logLevel, flags.logLevel),
    console: valueOf(settings.console, flags.console),
    mockOrigin: valueOf(settings.mockOrigin, flags.mockOrigin),
    contracts,
  };
  const unknown = Object.keys(environment).find((name) => name.startsWith('REFRACT_') && !known.has(name));
  if (unknown !== undefined) throw new ConfigError(`There is no setting ${unknown}; the README lists those there are.`);
  return config;
}

function variable(contract: string, suffix: string): string {
  return `REFRACT_${contract.toUpperCase().replaceAll('-', '_')}_${suffix}`;
}

function lifetime(contract: string, suffix: string, sentence: string): Setting<number | undefined> {
  // Ten years: past that a lifetime is more likely a slip than a wish.
  return orDefault(integer(variable(contract, suffix), 0, 1, 315_360_000, sentence));
}
