// Every setting: its name, type and unit, default, sentence and flag. Configuration, command-line flags, help, the
// README's table and suggestions for unknown names come from these two tables.
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
    'File with settings as lines of NAME=value; the environment wins over it.',
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
    'The SQLite file, made with its folder where missing; --db also takes an address (postgres://…).',
    { flag: '--db <file>' },
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    databaseAddress,
    undefined,
    'A PostgreSQL database (postgres://…) in place of the SQLite file; any number of servers may share it.',
    { isSecret: true },
  ),
  databasePool: setting(
    'REFRACT_DATABASE_POOL',
    integer(1, 1_000),
    10,
    'Connections to PostgreSQL, beside one that listens.',
  ),
  masterSecret: setting(
    'REFRACT_MASTER_SECRET',
    text,
    undefined,
    'Secret of at least 32 characters that seals the keys in the database.',
    { isSecret: true },
  ),
  masterSecretFile: setting(
    'REFRACT_MASTER_SECRET_FILE',
    path,
    undefined,
    'File (mode 0600) that holds the master secret where REFRACT_MASTER_SECRET is not set; made where missing.',
    { shown: 'master.key beside the database' },
  ),
  previousMasterSecret: setting(
    'REFRACT_PREVIOUS_MASTER_SECRET',
    text,
    undefined,
    'The master secret before this one: the next start seals its keys again, under the present one.',
    { isSecret: true },
  ),
  busyTimeout: setting(
    'REFRACT_BUSY_TIMEOUT',
    integer(0, 60_000, 'ms'),
    2_000,
    'How long to wait for another process that writes to the database; refreshes wait meanwhile.',
  ),
  engineThread: setting(
    'REFRACT_ENGINE_THREAD',
    choice('on', 'off'),
    'on',
    'Whether database, keys and signatures run in a second thread; never with PostgreSQL. To use more than two cores, run several servers on PostgreSQL.',
  ),
  headerTimeout: setting('REFRACT_HEADER_TIMEOUT', integer(1, 600, 's'), 10, 'Time a client has to send its headers.'),
  requestTimeout: setting(
    'REFRACT_REQUEST_TIMEOUT',
    integer(1, 600, 's'),
    20,
    'Time a client has to send its request.',
  ),
  stopTimeout: setting(
    'REFRACT_STOP_TIMEOUT',
    integer(0, 600, 's'),
    5,
    'Time that a stop waits for requests in flight.',
  ),
  failureLimit: setting(
    'REFRACT_FAILURE_LIMIT',
    integer(0, 1_000_000),
    0,
    'Refused or invalid requests per address, contract and minute before the address is throttled; 0 sets no limit, which is right behind a proxy, whose address all clients share.',
  ),
  purgeInterval: setting(
    'REFRACT_PURGE_INTERVAL',
    integer(0, 86_400, 's'),
    600,
    'Time between purges of sessions that ended a day ago; 0 never.',
  ),
  auditRetention: setting(
    'REFRACT_AUDIT_RETENTION',
    integer(0, 315_360_000, 's'),
    7_776_000,
    'How long audit events are kept; older ones are removed along with ended sessions, 0 keeps all.',
  ),
  sessionLimit: setting(
    'REFRACT_SESSION_LIMIT',
    integer(0, 1_000_000),
    0,
    'Refreshes per session and minute before the session is throttled (never revoked for that); 0 sets no limit.',
  ),
  trustProxy: setting(
    'REFRACT_TRUST_PROXY',
    proxies,
    undefined,
    'Whose X-Forwarded-For gives the address of a caller: none, a number of proxies, or their addresses and networks (loopback is one) separated by commas.',
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
    'Host names that the admin listener accepts, besides addresses and localhost. With none, a listener on the loopback accepts no other, and one on another address accepts any.',
  ),
  adminToken: setting(
    'REFRACT_ADMIN_TOKEN',
    text,
    undefined,
    'Admin token of at least 32 characters; several, to replace one by another, as NAME:TOKEN,NAME:TOKEN.',
    { isSecret: true },
  ),
  adminTokenFile: setting(
    'REFRACT_ADMIN_TOKEN_FILE',
    path,
    undefined,
    'File (mode 0600) that holds the admin token where REFRACT_ADMIN_TOKEN is not set; made where missing.',
    { shown: 'admin.token beside the database' },
  ),
  adminFailureLimit: setting(
    'REFRACT_ADMIN_FAILURE_LIMIT',
    integer(0, 1_000_000),
    20,
    'Wrong admin tokens per address and minute before more of them are throttled; a right one never is. 0 sets no limit.',
  ),
  logLevel: setting(
    'REFRACT_LOG_LEVEL',
    choice('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'Least severe log line to write.',
  ),
  console: setting(
    'REFRACT_CONSOLE',
    choice('on', 'off'),
    'on',
    'Whether to show the console at / and /console; --no-console is off.',
    {
      flag: '--no-console',
    },
  ),
  mockOrigin: setting(
    'REFRACT_MOCK_ORIGIN',
    origin,
    undefined,
    'Where a mock of the same contracts runs, for example http://127.0.0.1:4010; the console links to it.',
  ),
} as const;

/** Ten years: a longer lifetime is more likely a mistake. */
const lifetime = integer(1, 315_360_000, 's');

/** The settings of each contract, whose name replaces `CONTRACT`. */
export const contractSettings = {
  policy: ofContract('POLICY', choice('single-use', 'reusable', 'static'), 'Policy of sessions issued from now on.'),
  accessLifetime: ofContract('ACCESS_LIFETIME', lifetime, 'Lifetime of an access token.'),
  refreshLifetime: ofContract('REFRESH_LIFETIME', lifetime, 'Lifetime of a refresh token.'),
  sessionLifetime: ofContract('SESSION_LIFETIME', lifetime, 'Lifetime of a session, however often it is refreshed.'),
  gracePeriod: ofContract(
    'GRACE_PERIOD',
    integer(0, 60, 's'),
    'How long a superseded token gets the same successor again; 0 is strict, 1 is refused.',
  ),
  corsOrigins: ofContract(
    'CORS_ORIGINS',
    pattern(/^(\*|https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)$/, '* or origins separated by commas'),
    'Origins such as https://app.example whose pages may call the contract, separated by commas; * for any.',
  ),
} as const;

function ofContract<Value>(suffix: string, kind: Kind<Value>, sentence: string): Setting<Value | undefined> {
  return setting(`REFRACT_CONTRACT_${suffix}`, kind, undefined, sentence, { shown: "the contract's" });
}

/** A setting of the contracts under the name that one of them has for it. */
export function namedFor<Value>(contract: string, setting: Setting<Value>): Setting<Value> {
  const variable = setting.variable.replace('CONTRACT', contract.toUpperCase().replaceAll('-', '_'));
  return { ...setting, variable, read: (text, name = variable) => setting.read(text, name) };
}
