// Every setting, once: configuration, flags, help, the README's table and "did you mean" come from these two tables.
import {
  choice,
  databaseAddress,
  databaseFile,
  integer,
  origin,
  path,
  pattern,
  proxies,
  setting,
  text,
  type Kind,
  type Setting,
} from './setting.ts';

/** The settings of the server as a whole. */
export const settings = {
  configFile: setting(
    'REFRACT_CONFIG',
    path,
    undefined,
    'File with settings as lines of NAME=value; the environment overrides it.',
    { flag: '--config <file>' },
  ),
  port: setting('PORT', integer(0, 65_535), 8_080, 'TCP port to listen on; 0 takes a free one.', {
    flag: '--port <port>',
  }),
  host: setting('REFRACT_HOST', text, '127.0.0.1', 'Address to listen on.', { flag: '--host <host>' }),
  database: setting(
    'REFRACT_DB',
    databaseFile,
    'var/refract.db',
    'The SQLite file, created if missing; --db also takes a PostgreSQL address (postgres://…).',
    { flag: '--db <file>' },
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    databaseAddress,
    undefined,
    'PostgreSQL address (postgres://…), instead of the SQLite file; several servers can share the database.',
    { isSecret: true },
  ),
  databasePool: setting(
    'REFRACT_DATABASE_POOL',
    integer(1, 1_000),
    10,
    'Most connections to PostgreSQL, besides one for notifications.',
  ),
  masterSecret: setting(
    'REFRACT_MASTER_SECRET',
    text,
    undefined,
    'Secret of at least 32 characters that encrypts the keys in the database.',
    { isSecret: true },
  ),
  masterSecretFile: setting(
    'REFRACT_MASTER_SECRET_FILE',
    path,
    undefined,
    'File (mode 0600) with the master secret if REFRACT_MASTER_SECRET is not set; created if missing.',
    { defaultText: 'master.key beside the database' },
  ),
  previousMasterSecret: setting(
    'REFRACT_PREVIOUS_MASTER_SECRET',
    text,
    undefined,
    'The former master secret; the next start encrypts its keys under the present one.',
    { isSecret: true },
  ),
  busyTimeout: setting(
    'REFRACT_BUSY_TIMEOUT',
    integer(0, 60_000, 'ms'),
    2_000,
    'Time to wait for a process that has locked the database; refreshes wait meanwhile.',
  ),
  engineThread: setting(
    'REFRACT_ENGINE_THREAD',
    choice('on', 'off'),
    'on',
    'Whether SQLite and signatures run in a second thread. For more than two cores, run several servers on PostgreSQL.',
  ),
  headerTimeout: setting('REFRACT_HEADER_TIMEOUT', integer(1, 600, 's'), 10, 'Time a client has to send the headers.'),
  requestTimeout: setting('REFRACT_REQUEST_TIMEOUT', integer(1, 600, 's'), 20, 'Time a client has to send a request.'),
  stopTimeout: setting('REFRACT_STOP_TIMEOUT', integer(0, 600, 's'), 5, 'Time a stop waits for requests in flight.'),
  failureLimit: setting(
    'REFRACT_FAILURE_LIMIT',
    integer(0, 1_000_000),
    0,
    'Failed requests per address, contract and minute before throttling; 0 sets no limit, as needed behind a proxy.',
  ),
  purgeInterval: setting(
    'REFRACT_PURGE_INTERVAL',
    integer(0, 86_400, 's'),
    600,
    'Time between purges of sessions that ended a day ago; 0 turns them off.',
  ),
  auditRetention: setting(
    'REFRACT_AUDIT_RETENTION',
    integer(0, 315_360_000, 's'),
    7_776_000,
    'Age at which a purge removes audit events; 0 keeps all.',
  ),
  sessionLimit: setting(
    'REFRACT_SESSION_LIMIT',
    integer(0, 1_000_000),
    0,
    'Refreshes per session and minute before throttling; 0 sets no limit.',
  ),
  trustProxy: setting(
    'REFRACT_TRUST_PROXY',
    proxies,
    undefined,
    'Proxies whose X-Forwarded-For is trusted: none, their number, or addresses and networks separated by commas.',
  ),
  adminPort: setting(
    'REFRACT_ADMIN_PORT',
    integer(0, 65_535),
    8_081,
    'TCP port of the admin listener; 0 takes a free one.',
    { flag: '--admin-port <port>' },
  ),
  adminHost: setting('REFRACT_ADMIN_HOST', text, '127.0.0.1', 'Address of the admin listener.'),
  adminNames: setting(
    'REFRACT_ADMIN_NAMES',
    pattern(
      /^(none|[a-z\d]([a-z\d.-]*[a-z\d])?(,[a-z\d]([a-z\d.-]*[a-z\d])?)*)$/i,
      'none, or host names separated by commas',
    ),
    'none',
    'Extra Host names the admin listener accepts; with none, a listener outside the loopback accepts any.',
  ),
  adminToken: setting(
    'REFRACT_ADMIN_TOKEN',
    text,
    undefined,
    'Admin token of at least 32 characters, or several as NAME:TOKEN,NAME:TOKEN.',
    { isSecret: true },
  ),
  adminTokenFile: setting(
    'REFRACT_ADMIN_TOKEN_FILE',
    path,
    undefined,
    'File (mode 0600) with the admin token if REFRACT_ADMIN_TOKEN is not set; created if missing.',
    { defaultText: 'admin.token beside the database' },
  ),
  adminFailureLimit: setting(
    'REFRACT_ADMIN_FAILURE_LIMIT',
    integer(0, 1_000_000),
    20,
    'Wrong admin tokens per address and minute before throttling; 0 sets no limit. A valid token is never throttled.',
  ),
  logLevel: setting(
    'REFRACT_LOG_LEVEL',
    choice('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'Least severe level that is logged.',
  ),
  console: setting(
    'REFRACT_CONSOLE',
    choice('on', 'off'),
    'on',
    'Whether the server has the console at / and /console; --no-console turns it off.',
    {
      flag: '--no-console',
    },
  ),
  mockOrigin: setting(
    'REFRACT_MOCK_ORIGIN',
    origin,
    undefined,
    'Origin of a mock that the console links to, for example http://127.0.0.1:4010.',
  ),
} as const;

/** At most ten years: a longer lifetime is probably a mistake. */
const lifetime = integer(1, 315_360_000, 's');

/** The settings of each contract, whose name replaces `CONTRACT`. */
export const contractSettings = {
  policy: ofContract('POLICY', choice('single-use', 'reusable', 'static'), 'Policy of new sessions.'),
  accessLifetime: ofContract('ACCESS_LIFETIME', lifetime, 'Lifetime of an access token.'),
  refreshLifetime: ofContract('REFRESH_LIFETIME', lifetime, 'Lifetime of a refresh token.'),
  sessionLifetime: ofContract('SESSION_LIFETIME', lifetime, 'Lifetime of a session, regardless of refreshes.'),
  gracePeriod: ofContract(
    'GRACE_PERIOD',
    integer(0, 60, 's'),
    'Time in which a repeat of a rotated token returns the same successor; 0 turns it off, 1 is invalid.',
  ),
  corsOrigins: ofContract(
    'CORS_ORIGINS',
    pattern(/^(\*|https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)$/, '* or origins separated by commas'),
    'Origins whose pages may call the contract, separated by commas, such as https://app.example; * for any.',
  ),
} as const;

function ofContract<Value>(suffix: string, kind: Kind<Value>, sentence: string): Setting<Value | undefined> {
  return setting(`REFRACT_CONTRACT_${suffix}`, kind, undefined, sentence, { defaultText: "the contract's" });
}

/** The setting of one contract: `REFRACT_CONTRACT_POLICY` becomes `REFRACT_FIB_POLICY`. */
export function namedFor<Value>(contract: string, setting: Setting<Value>): Setting<Value> {
  const variable = setting.variable.replace('CONTRACT', contract.toUpperCase().replaceAll('-', '_'));
  return { ...setting, variable, read: (text, name = variable) => setting.read(text, name) };
}
