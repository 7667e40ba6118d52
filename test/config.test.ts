// The configuration: every setting, its accepted values, and refusals by name.
import { describe, expect, test } from 'vitest';
import { RefractError } from '../src/errors.ts';
import { contractSettings, namedFor, readConfig, settings, type Config } from '../src/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;
const read = (environment: Environment, flags: Parameters<typeof readConfig>[1] = {}): Config =>
  readConfig(['fib', 'xerial'], flags, environment);

test('every setting has its default in an empty environment', () => {
  expect(read({})).toEqual({
    configFile: undefined,
    fromFile: new Map(),
    port: 8_080,
    auditRetention: 7_776_000,
    sessionLimit: 0,
    trustProxy: undefined,
    adminPort: 8_081,
    adminHost: '127.0.0.1',
    adminNames: 'none',
    adminToken: undefined,
    adminTokenFile: undefined,
    adminFailureLimit: 20,
    previousMasterSecret: undefined,
    host: '127.0.0.1',
    database: 'var/refract.db',
    databaseUrl: undefined,
    databasePool: 10,
    masterSecret: undefined,
    masterSecretFile: undefined,
    busyTimeout: 2_000,
    engineThread: 'on',
    headerTimeout: 10,
    requestTimeout: 20,
    stopTimeout: 5,
    failureLimit: 0,
    purgeInterval: 600,
    logLevel: 'info',
    console: 'on',
    mockOrigin: undefined,
    contracts: new Map([
      ['fib', {}],
      ['xerial', {}],
    ]),
  });
});

test('settings are read without contracts', () => {
  expect(readConfig([], {}, {}).contracts.size).toBe(0);
});

/** Every setting of the server: its name in the environment, and accepted texts with their values. */
const server: Readonly<Record<keyof typeof settings, readonly [string, Readonly<Record<string, unknown>>]>> = {
  configFile: ['REFRACT_CONFIG', { '/dev/null': '/dev/null' }],
  port: ['PORT', { '0': 0, '1': 1, '65535': 65_535, '0080': 80 }],
  host: ['REFRACT_HOST', { '0.0.0.0': '0.0.0.0', '::': '::', ' ': ' ' }],
  database: ['REFRACT_DB', { 'other.db': 'other.db' }],
  databaseUrl: [
    'DATABASE_URL',
    { 'postgres://127.0.0.1/refract': 'postgres://127.0.0.1/refract', 'postgresql://db': 'postgresql://db' },
  ],
  databasePool: ['REFRACT_DATABASE_POOL', { '1': 1, '1000': 1_000 }],
  masterSecret: ['REFRACT_MASTER_SECRET', { secret: 'secret' }],
  masterSecretFile: ['REFRACT_MASTER_SECRET_FILE', { 'master.key': 'master.key' }],
  previousMasterSecret: ['REFRACT_PREVIOUS_MASTER_SECRET', { secret: 'secret' }],
  busyTimeout: ['REFRACT_BUSY_TIMEOUT', { '0': 0, '60000': 60_000 }],
  engineThread: ['REFRACT_ENGINE_THREAD', { on: 'on', off: 'off' }],
  headerTimeout: ['REFRACT_HEADER_TIMEOUT', { '1': 1, '600': 600 }],
  requestTimeout: ['REFRACT_REQUEST_TIMEOUT', { '1': 1, '600': 600 }],
  stopTimeout: ['REFRACT_STOP_TIMEOUT', { '0': 0, '600': 600 }],
  failureLimit: ['REFRACT_FAILURE_LIMIT', { '0': 0, '1000000': 1_000_000 }],
  purgeInterval: ['REFRACT_PURGE_INTERVAL', { '0': 0, '86400': 86_400 }],
  auditRetention: ['REFRACT_AUDIT_RETENTION', { '0': 0, '315360000': 315_360_000 }],
  sessionLimit: ['REFRACT_SESSION_LIMIT', { '0': 0, '1000000': 1_000_000 }],
  trustProxy: [
    'REFRACT_TRUST_PROXY',
    { none: undefined, '1': 1, loopback: 'loopback', '10.0.0.0/8,::1': '10.0.0.0/8,::1' },
  ],
  adminPort: ['REFRACT_ADMIN_PORT', { '0': 0, '65535': 65_535 }],
  adminHost: ['REFRACT_ADMIN_HOST', { '::1': '::1' }],
  adminNames: ['REFRACT_ADMIN_NAMES', { none: 'none', 'ops.example': 'ops.example', 'a.b,c-d': 'a.b,c-d' }],
  adminToken: ['REFRACT_ADMIN_TOKEN', { token: 'token' }],
  adminTokenFile: ['REFRACT_ADMIN_TOKEN_FILE', { 'admin.token': 'admin.token' }],
  adminFailureLimit: ['REFRACT_ADMIN_FAILURE_LIMIT', { '0': 0, '1000000': 1_000_000 }],
  logLevel: ['REFRACT_LOG_LEVEL', { debug: 'debug', info: 'info', warn: 'warn', error: 'error', silent: 'silent' }],
  console: ['REFRACT_CONSOLE', { off: 'off', on: 'on' }],
  mockOrigin: [
    'REFRACT_MOCK_ORIGIN',
    { 'http://127.0.0.1:4010': 'http://127.0.0.1:4010', 'https://mock.example/': 'https://mock.example' },
  ],
};
const rows = Object.entries(server) as [keyof typeof settings, (typeof server)['port']][];
const taken = rows.flatMap(([name, [variable, texts]]) =>
  Object.entries(texts).map(([text, value]) => ({ name, variable, text, value })),
);

describe('a setting of the server', () => {
  test('every setting is in the table, and is read under its documented name', () => {
    expect(rows.map(([name, [variable]]) => [name, variable])).toEqual(
      Object.entries(settings).map(([name, setting]) => [name, setting.variable]),
    );
  });

  test.each(taken)('$variable=$text is accepted', ({ name, variable, text, value }) => {
    expect(read({ [variable]: text })).toEqual({ ...read({}), [name]: value });
  });

  test.each(rows)('%s: a flag has precedence over a valid or invalid environment', (name, [variable, texts]) => {
    const [text = '', value] = Object.entries(texts)[0] ?? [];
    for (const environment of [undefined, '', 'other']) {
      expect(read({ [variable]: environment }, { [name]: text })).toEqual({ ...read({}), [name]: value });
    }
  });

  test.each(Object.entries(settings))('%s has a default and a description', (_name, setting) => {
    const standard = setting.read(undefined);
    if (standard !== undefined) expect(setting.standard).toBe(String(standard));
    expect(setting.standard).not.toBe('');
    expect(setting.sentence).toMatch(/^[A-Z].+\.$/);
  });
});

describe('an invalid value is refused in one sentence that names the setting', () => {
  const notWhole = [
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '1_000',
    ' 1',
    '1 ',
    '1\n',
    'many',
    'NaN',
    '１',
    '9'.repeat(16),
  ];
  const limits: readonly (readonly [string, number, number])[] = [
    ['PORT', 0, 65_535],
    ['REFRACT_BUSY_TIMEOUT', 0, 60_000],
    ['REFRACT_HEADER_TIMEOUT', 1, 600],
    ['REFRACT_REQUEST_TIMEOUT', 1, 600],
    ['REFRACT_STOP_TIMEOUT', 0, 600],
    ['REFRACT_FAILURE_LIMIT', 0, 1_000_000],
    ['REFRACT_SESSION_LIMIT', 0, 1_000_000],
    ['REFRACT_ADMIN_FAILURE_LIMIT', 0, 1_000_000],
    ['REFRACT_AUDIT_RETENTION', 0, 315_360_000],
    ['REFRACT_ADMIN_PORT', 0, 65_535],
    ['REFRACT_PURGE_INTERVAL', 0, 86_400],
    ['REFRACT_FIB_ACCESS_LIFETIME', 1, 315_360_000],
    ['REFRACT_FIB_REFRESH_LIFETIME', 1, 315_360_000],
    ['REFRACT_XERIAL_SESSION_LIFETIME', 1, 315_360_000],
    ['REFRACT_XERIAL_GRACE_PERIOD', 0, 60],
  ];
  test.each(limits)('%s must be a whole number from %i to %i', (variable, least, most) => {
    for (const text of [...notWhole, String(least - 1), String(most + 1)]) {
      expect(() => read({ [variable]: text })).toThrow(
        new RefractError(
          'configuration',
          `${variable} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
        ),
      );
    }
    for (const fitting of [least, most]) expect(() => read({ [variable]: String(fitting) })).not.toThrow();
  });

  const choices: readonly (readonly [string, string])[] = [
    ['REFRACT_LOG_LEVEL', 'debug, info, warn, error, silent'],
    ['REFRACT_FIB_POLICY', 'single-use, reusable, static'],
  ];
  test.each(choices)('%s must be one of %s', (variable, names) => {
    for (const text of ['', 'INFO', 'Static', ' info', 'trace', 'info,warn', 'single_use']) {
      expect(() => read({ [variable]: text })).toThrow(
        new RefractError('configuration', `${variable} must be one of ${names}, not ${JSON.stringify(text)}.`),
      );
    }
  });

  test('REFRACT_CONSOLE must be on or off', () => {
    for (const text of ['', 'ON', 'true', '0', 'no']) {
      expect(() => read({ REFRACT_CONSOLE: text })).toThrow(
        new RefractError('configuration', `REFRACT_CONSOLE must be one of on, off, not ${JSON.stringify(text)}.`),
      );
    }
  });

  test('REFRACT_MOCK_ORIGIN must be an origin', () => {
    const notOrigins = ['', 'mock', '127.0.0.1:4010', '//mock', 'http://', 'ftp://mock', 'javascript:alert(1)'];
    for (const text of [...notOrigins, 'http://mock/console', 'http://mock/?x', 'http://mock/#x', 'http://a:b@mock']) {
      expect(() => read({ REFRACT_MOCK_ORIGIN: text })).toThrow(
        new RefractError(
          'configuration',
          `REFRACT_MOCK_ORIGIN must be an origin such as http://127.0.0.1:4010, without a path, not ${JSON.stringify(text)}.`,
        ),
      );
    }
  });

  test.each(['REFRACT_HOST', 'REFRACT_DB'])('%s must not be empty', (variable) => {
    expect(() => read({ [variable]: '' })).toThrow(
      new RefractError('configuration', `${variable} must not be empty; leave it out for the default.`),
    );
  });

  test('an invalid flag is named in the message', () => {
    expect(() => read({}, { port: '-1' })).toThrow(
      new RefractError('configuration', 'PORT must be a whole number from 0 to 65535, not "-1".'),
    );
  });

  test('the unknown setting REFRACT_PORT is refused, and PORT is suggested', () => {
    expect(() => read({ REFRACT_PORT: '1' })).toThrow(
      new RefractError('configuration', 'Unknown setting REFRACT_PORT. Did you mean PORT?'),
    );
  });

  test.each([
    ['REFRACT_', undefined],
    ['REFRACT_FOO', undefined],
    ['REFRACT_KIRJASWAPPI_POLICY', undefined],
    ['REFRACT_POLICY', undefined],
    ['REFRACT_db', 'REFRACT_DB'],
    ['REFRACT_HOTS', 'REFRACT_HOST'],
    ['REFRACT_fib_POLICY', 'REFRACT_FIB_POLICY'],
    ['REFRACT_FIB_GRACE_PERIODS', 'REFRACT_FIB_GRACE_PERIOD'],
    ['REFRACT_DATABASE_URL', 'DATABASE_URL'],
  ])('the unknown setting %s is refused, and %s is suggested', (variable, meant) => {
    const advice = meant === undefined ? 'The README lists all settings.' : `Did you mean ${meant}?`;
    for (const text of ['1', '', undefined]) {
      expect(() => read({ [variable]: text })).toThrow(
        new RefractError('configuration', `Unknown setting ${variable}. ${advice}`),
      );
    }
  });

  test('a relative path in a setting starts from the given folder', () => {
    const config = readConfig([], { masterSecretFile: 'master.key' }, { REFRACT_ADMIN_TOKEN_FILE: '/a.token' }, '/srv');
    expect([config.database, config.masterSecretFile, config.adminTokenFile]).toEqual([
      '/srv/var/refract.db',
      '/srv/master.key',
      '/a.token',
    ]);
  });

  test('environment variables of other programs are ignored', () => {
    expect(read({ PATH: '', HOST: '', refract_db: 'x', REFRACTOR: 'x', XREFRACT_DB: 'x' })).toEqual(read({}));
  });
});

test('a database file must be a path; other forms are refused without repeating them', () => {
  for (const path of ['a b.db', './a:b.db', 'C:\\refract.db', '/var/lib/refract.db', 'é.db']) {
    expect(read({ REFRACT_DB: path }).database).toBe(path);
  }
  const others = [':memory:', ' a.db', 'a.db\n', 'sqlite:a.db', 'file:a.db', 'postgres://r:secret-word@127.0.0.1/x'];
  for (const other of others) {
    expect(() => read({ REFRACT_DB: other }), other).toThrow(
      new RefractError(
        'configuration',
        'REFRACT_DB must be the path of a file, without a scheme (sqlite:, :memory:) or surrounding white space.',
      ),
    );
  }
});

test.each([
  ['REFRACT_TRUST_PROXY', ['', 'all', '0', '10', 'loopback,', '10.0.0.0/8 ', 'true', '1.2.3.4;5.6.7.8']],
  ['REFRACT_ADMIN_NAMES', ['', ',', 'a,', 'a, b', 'http://a', 'a:8081', '*', '.a', 'a.']],
  [
    'REFRACT_FIB_CORS_ORIGINS',
    ['', 'a.example', '*,https://a.example', 'https://a.example/', 'https://a.example, https://b.example', 'null'],
  ],
])('the setting %s refuses other forms', (variable, texts) => {
  for (const text of texts) {
    expect(() => read({ [variable]: text })).toThrow(
      new RegExp(`^${variable} must be .+, not ${JSON.stringify(text).replaceAll(/[*.]/g, '\\$&')}\\.$`),
    );
  }
});

describe('a contract', () => {
  const all = {
    REFRACT_FIB_POLICY: 'reusable',
    REFRACT_FIB_ACCESS_LIFETIME: '60',
    REFRACT_FIB_REFRESH_LIFETIME: '600',
    REFRACT_FIB_SESSION_LIFETIME: '6000',
    REFRACT_FIB_GRACE_PERIOD: '0',
    REFRACT_FIB_CORS_ORIGINS: 'https://a.example,http://localhost:3000',
  };
  const asRead = {
    policy: 'reusable',
    accessLifetime: 60,
    refreshLifetime: 600,
    sessionLifetime: 6_000,
    gracePeriod: 0,
    corsOrigins: 'https://a.example,http://localhost:3000',
  };

  test('a contract has its own settings', () => {
    expect(Object.fromEntries(read(all).contracts)).toEqual({ fib: asRead, xerial: {} });
  });

  test.each(Object.keys(all))('a contract may set %s alone; the other settings have defaults', (variable) => {
    const index = Object.keys(all).indexOf(variable);
    const [name = '', value] = Object.entries(asRead)[index] ?? [];
    expect(read({ [variable]: Object.values(all)[index] }).contracts.get('fib')).toEqual({ [name]: value });
  });

  test('a contract with hyphens in its name has underscores in settings', () => {
    const { contracts } = readConfig(['two-words'], {}, { REFRACT_TWO_WORDS_POLICY: 'static' });
    expect(contracts.get('two-words')).toEqual({ policy: 'static' });
  });

  test.each(Object.entries(contractSettings))(
    'the setting %s of a contract has a description and the default of the contract',
    (_name, of) => {
      const setting = namedFor<unknown>('xerial', of);
      expect(setting.variable).toMatch(/^REFRACT_XERIAL_[A-Z_]+$/);
      expect([setting.standard, setting.read(undefined)]).toEqual(["the contract's", undefined]);
      expect(setting.sentence).toMatch(/^[A-Z].+\.$/);
    },
  );
});
