// refract doctor: reports problems with advice, and changes nothing.
import { chmodSync, cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { makePlace, noDetails, test, type Ended, type Environment, type Place } from '../shared/cli.ts';
import { change, damage, takeLastStepBack } from '../shared/database.ts';
import { refresh } from '../shared/refreshing.ts';

const checks = [
  'node',
  'documents',
  'configuration',
  'settings',
  'permissions',
  'schema',
  'clock',
  'keys',
  'admin token',
  'disk space',
  'port',
  'admin port',
] as const;

/** The content of the admin token's file. */
const token = 'an-admin-token-that-is-only-for-tests';

/** Creates a database with keys, a session and an admin token. @returns the refresh token */
function signIn(place: Place): Promise<string> {
  writeFileSync(join(place.folder, 'admin.token'), `${token}\n`, { mode: 0o600 });
  return place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    const issued = await issue('xerial', 'bob');
    if (issued.kind === 'refused') throw new Error(issued.refusal);
    return issued.grant.refresh.token;
  });
}

function everyFile(place: Place): Record<string, string> {
  return Object.fromEntries(
    readdirSync(place.folder).map((name) => [name, readFileSync(join(place.folder, name)).toString('base64')]),
  );
}

/** The printed lines, each as level, check and sentence. */
function linesOf({ stdout }: Ended): string[][] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

describe('doctor without problems', () => {
  test('doctor prints a line for each check, changes nothing and prints no secret', async ({ place }) => {
    await signIn(place);
    const before = everyFile(place);
    const ended = await place.refract('doctor');
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    expect(linesOf(ended).map(([level, check]) => [level, check])).toEqual(checks.map((check) => ['ok', check]));
    expect(everyFile(place)).toEqual(before);
    expect(ended.stdout).not.toContain(readFileSync(join(place.folder, 'master.key'), 'utf8').trim());
    expect(ended.stdout).not.toContain(token);
  });

  test('doctor opens a legacy key like other keys', async ({ place }) => {
    const secret = 'the secret that the original server signed with';
    await signIn(place);
    await place.inside(({ administration }) =>
      administration.addKeySet('xerial', { legacyRefresh: secret }, { actor: 'test' }),
    );
    const ended = await place.refract('doctor');
    expect(ended.code).toBe(0);
    expect(linesOf(ended).find(([, check]) => check === 'keys')?.[0]).toBe('ok');
    expect(ended.stdout).not.toContain(secret);
  });

  test('doctor reports a running server, which continues', async ({ place }) => {
    const token = await signIn(place);
    const serving = await place.serve('--only', 'xerial');
    const successor = await refresh(serving.origin, 'xerial', token);
    const adminOrigin = /^Operators administer it at (\S+)/m.exec(serving.printed())?.[1] ?? '';
    const [port, adminPort] = [new URL(serving.origin).port, new URL(adminOrigin).port];
    const ended = await place.refract('doctor', '--port', port, '--admin-port', adminPort);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(linesOf(ended).slice(-2)).toEqual([
      ['ok', 'port', `a Refract server listens on ${serving.origin}`],
      ['ok', 'admin port', `a Refract server listens on ${adminOrigin}`],
    ]);
    await refresh(serving.origin, 'xerial', successor);
  });

  test('doctor keeps the write-ahead log of a killed server', async ({ place }) => {
    const token = await signIn(place);
    const serving = await place.serve('--only', 'xerial');
    await refresh(serving.origin, 'xerial', token);
    // A copy of the files at this moment is equal to those of a killed server.
    const killed = makePlace();
    onTestFinished(killed.clear);
    cpSync(place.folder, killed.folder, { recursive: true });
    const before = everyFile(killed);
    expect(Object.keys(before)).toContain('refract.db-wal');
    expect(await killed.refract('doctor')).toMatchObject({ code: 0 });
    const { 'refract.db-shm': _index, ...after } = everyFile(killed);
    const { 'refract.db-shm': _before, ...kept } = before;
    expect(after).toEqual(kept);
  });

  test('doctor lists what the first start will create, and creates nothing', async ({ place }) => {
    const ended = await place.refract('doctor');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const warned = linesOf(ended).filter(([level]) => level === 'warn');
    expect(warned).toEqual([
      ['warn', 'schema', `There is no database ${place.database} yet; the first start creates it.`],
      ['warn', 'keys', `There are no keys yet; the first start creates them and ${join(place.folder, 'master.key')}.`],
      [
        'warn',
        'admin token',
        `There is no admin token yet; the first start creates it in ${join(place.folder, 'admin.token')}.`,
      ],
    ]);
    expect(readdirSync(place.folder)).toEqual([]);
  });
});

describe('doctor reports a failure with advice, and exit code 1', () => {
  const secret = 'another secret of more than 32 characters';
  test.for<[what: string, damageIt: (place: Place) => void, environment: Environment, check: string, sentence: RegExp]>(
    [
      ['an unknown setting', () => {}, { REFRACT_FOO: '1' }, 'configuration', /^Unknown setting REFRACT_FOO\. /],
      [
        'an invalid grace period',
        () => {},
        { REFRACT_FIB_GRACE_PERIOD: '1' },
        'configuration',
        /^fib: a grace period of 1 s is refused/,
      ],
      [
        'a proxy that is not an address',
        () => {},
        { REFRACT_TRUST_PROXY: '10.0.0.0/33' },
        'configuration',
        /^REFRACT_TRUST_PROXY must be .*, not "10\.0\.0\.0\/33"\.$/,
      ],
      [
        'a database readable by others',
        ({ database }) => chmodSync(database, 0o640),
        {},
        'permissions',
        /refract\.db is open to others; run: chmod 600 \S+refract\.db$/,
      ],
      [
        'a folder writable by others',
        ({ folder }) => chmodSync(folder, 0o777),
        {},
        'permissions',
        /^Others can replace the files in \S+; run: chmod go-w /,
      ],
      [
        'a master secret readable by others',
        ({ folder }) => chmodSync(join(folder, 'master.key'), 0o644),
        {},
        'keys',
        /master\.key can be read by others; run: chmod 600 /,
      ],
      [
        'another master secret',
        () => {},
        { REFRACT_MASTER_SECRET: secret },
        'keys',
        /^The master secret does not open /,
      ],
      [
        'a newer schema',
        ({ database }) => change(database, 'PRAGMA user_version = 999'),
        {},
        'schema',
        /has schema 999, and this Refract knows schemas up to \d+; run the newer release that upgraded it\.$/,
      ],
      [
        'a database of another program',
        ({ database }) => change(database, 'PRAGMA application_id = 7'),
        {},
        'schema',
        / belongs to another program; choose another file with REFRACT_DB\.$/,
      ],
      [
        'a text file',
        ({ database }) => writeFileSync(database, 'Dear diary, '.repeat(1_000)),
        {},
        'schema',
        / cannot be read: file is not a database\.$/,
      ],
      [
        'a damaged database',
        ({ database }) => damage(database),
        {},
        'schema',
        / is damaged \(.+\); restore a backup\.$/,
      ],
      [
        'an admin token readable by others',
        ({ folder }) => chmodSync(join(folder, 'admin.token'), 0o640),
        {},
        'admin token',
        /admin\.token can be read by others; run: chmod 600 \S+admin\.token$/,
      ],
      [
        'a short admin token',
        ({ folder }) => writeFileSync(join(folder, 'admin.token'), 'short'),
        {},
        'admin token',
        /^The admin token in \S+ is too short; it needs at least 32 characters\.$/,
      ],
      [
        'two admin tokens of one name',
        () => {},
        { REFRACT_ADMIN_TOKEN: `ops:${token},ops:${token}x` },
        'admin token',
        /^Two admin tokens have the name ops\.$/,
      ],
      [
        'one port for two listeners',
        () => {},
        { PORT: '18080', REFRACT_ADMIN_PORT: '18080', REFRACT_ADMIN_HOST: '127.0.0.1' },
        'admin port',
        /^PORT and REFRACT_ADMIN_PORT are both 18080; choose different ports\.$/,
      ],
      [
        'a session from the future',
        ({ database }) => change(database, "UPDATE session SET rotated_at = unixepoch('now') + 1000"),
        {},
        'clock',
        /^The database has a time (9\d\d|1000) s in the future, .*; set the clock, or wait\.$/,
      ],
    ],
  )('doctor reports %s with advice and exit code 1', async ([, damageIt, environment, check, sentence], { place }) => {
    await signIn(place);
    damageIt(place);
    const before = everyFile(place);
    const ended = await place.refractWith({ environment }, 'doctor');
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 1, stderr: 'refract: 1 check failed.\n' });
    const failed = linesOf(ended).filter(([level]) => level === 'FAIL');
    expect(failed).toEqual([['FAIL', check, expect.stringMatching(sentence)]]);
    expect(ended.stdout).not.toContain(token);
    expect(everyFile(place)).toEqual(before);
  });

  test('doctor reports a folder as the database, without advice to change its mode', async ({ place }) => {
    const ended = await place.refractWith({ environment: { REFRACT_DB: place.folder } }, 'doctor');
    expect(ended.code).toBe(1);
    expect(linesOf(ended).filter(([, check]) => check === 'permissions')).toEqual([
      ['FAIL', 'permissions', `${place.folder} is not a file; name one.`],
    ]);
  });

  test('doctor reports a port in use and an address of another machine', async ({ place }) => {
    const other = createServer((_request, response) => response.end('hello'));
    onTestFinished(() => {
      other.close();
    });
    const port = await new Promise<string>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(String(typeof address === 'object' ? address?.port : address));
      });
    });
    const lineOf = (ended: Ended, check: string) => linesOf(ended).find((line) => line[1] === check);
    expect(lineOf(await place.refract('doctor', '--port', port), 'port')).toEqual([
      'FAIL',
      'port',
      `Port ${port} on 127.0.0.1 is in use; stop that program, or choose another port with PORT.`,
    ]);
    expect(lineOf(await place.refract('doctor', '--admin-port', port), 'admin port')).toEqual([
      'FAIL',
      'admin port',
      `Port ${port} on 127.0.0.1 is in use; stop that program, or choose another port with REFRACT_ADMIN_PORT.`,
    ]);
    const elsewhere = await place.refract('doctor', '--port', '8080', '--host', '192.0.2.1');
    expect(lineOf(elsewhere, 'port')).toEqual([
      'FAIL',
      'port',
      '192.0.2.1 is not an address of this machine; choose it with REFRACT_HOST.',
    ]);
  });
});

test('doctor lists names of admin tokens, and a configuration file others can write', async ({ place }) => {
  await signIn(place);
  const file = join(place.folder, 'refract.env');
  writeFileSync(file, 'REFRACT_LOG_LEVEL=warn\n');
  chmodSync(file, 0o646);
  const environment = { REFRACT_ADMIN_TOKEN: `ops:${token},next:${token}x`, REFRACT_CONFIG: file };
  const ended = await place.refractWith({ environment }, 'doctor');
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 1, stderr: 'refract: 1 check failed.\n' });
  expect(linesOf(ended)).toEqual(
    expect.arrayContaining([
      ['ok', 'admin token', 'ops, next, from REFRACT_ADMIN_TOKEN'],
      ['ok', 'settings', `from ${file}: REFRACT_LOG_LEVEL`],
      ['FAIL', 'permissions', `${file} can be written by others; run: chmod go-w ${file}`],
    ]),
  );
  expect(ended.stdout).not.toContain(token);
});

describe('doctor warns of settings that may be intended', () => {
  test.for<[setting: Environment, check: string, sentence: RegExp]>([
    [{ REFRACT_HEADER_TIMEOUT: '30' }, 'configuration', /^REFRACT_HEADER_TIMEOUT is longer than /],
    [{ REFRACT_FAILURE_LIMIT: '9' }, 'configuration', /^REFRACT_FAILURE_LIMIT counts by address, /],
    [{ REFRACT_FIB_REFRESH_LIFETIME: '200' }, 'configuration', /^fib: access tokens \(300 s\) outlive refresh tokens /],
    [
      { REFRACT_FIB_SESSION_LIFETIME: '900' },
      'configuration',
      /^fib: refresh tokens .* would outlive their session .* and expire with it\.$/,
    ],
    [{ REFRACT_HOST: '0.0.0.0' }, 'configuration', /^The server listens on 0\.0\.0\.0 without TLS; /],
    [{ REFRACT_ADMIN_HOST: '0.0.0.0' }, 'configuration', /^The admin listener is on 0\.0\.0\.0 without TLS; /],
    [
      { REFRACT_ADMIN_TOKEN: token, REFRACT_ADMIN_TOKEN_FILE: 'admin.token' },
      'admin token',
      /^REFRACT_ADMIN_TOKEN wins over REFRACT_ADMIN_TOKEN_FILE; /,
    ],
    [
      { REFRACT_PREVIOUS_MASTER_SECRET: 'a secret of long ago, 32 characters' },
      'keys',
      /^No key is sealed under REFRACT_PREVIOUS_MASTER_SECRET; /,
    ],
  ])('doctor warns of settings that may be intended: %o', async ([environment, check, sentence], { place }) => {
    await signIn(place);
    const ended = await place.refractWith({ environment }, 'doctor');
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    const warned = linesOf(ended).filter(([level]) => level === 'warn');
    expect(warned).toEqual([['warn', check, expect.stringMatching(sentence)]]);
    expect(ended.stdout).not.toContain('long ago');
  });

  test('doctor warns of an older schema, keys under the previous secret and expired keys', async ({ place }) => {
    await signIn(place);
    const previous = readFileSync(join(place.folder, 'master.key'), 'utf8').trim();
    const older = takeLastStepBack(place.database);
    change(
      place.database,
      `UPDATE key_set SET state = 'retired', retired_at = unixepoch('now') - 300 WHERE contract = 'fib';
       UPDATE key_set SET state = 'retired', retired_at = unixepoch('now') - 100 WHERE contract = 'orillion';
       UPDATE key_set SET state = 'retired', retired_at = unixepoch('now') WHERE contract = 'xerial'`,
    );
    const environment = {
      REFRACT_MASTER_SECRET: 'another secret of more than 32 characters',
      REFRACT_PREVIOUS_MASTER_SECRET: previous,
    };
    const ended = await place.refractWith({ environment }, 'doctor');
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    const warned = linesOf(ended).flatMap(([level, , sentence]) => (level === 'warn' ? [sentence] : []));
    expect(warned).toEqual([
      `${place.database} has schema ${older}, and this Refract knows schemas up to ${older + 1}; back it up: the next start upgrades it.`,
      expect.stringMatching(/^Sealed under the previous master secret until the next start: (\S+, ){4}\S+\.$/),
      'fib has no active key set; the next start creates one.',
      'orillion has no active key set; the next start creates one.',
      'xerial has no active key set; the next start creates one.',
      expect.stringMatching(/^All tokens of the retired key set \S+ of fib expired; remove it\.$/),
    ]);
  });
});
