// The command line on PostgreSQL, by DATABASE_URL or --db; no output contains a password.
import { describe, expect, vi } from 'vitest';
import { test, type Environment, type Place } from '../shared/cli.ts';
import { createEmptyDatabase } from '../shared/databases.ts';
import { queryOnce } from '../shared/postgres.ts';
import { refresh, refreshTokenIn } from '../shared/refreshing.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const secret = 'a master secret that all instances share';

async function environmentOf(): Promise<Environment & { readonly DATABASE_URL: string }> {
  return { DATABASE_URL: await createEmptyDatabase(), REFRACT_MASTER_SECRET: secret };
}

async function printed(place: Place, environment: Environment, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await place.refractWith({ environment }, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('issue, serve, sessions and revoke share a PostgreSQL database', async ({ place }) => {
  const environment = await environmentOf();
  const server = await place.serveWith({ environment });
  expect(server.printed()).toMatch(/\(sessions in refract_\w+ at 127\.0\.0\.1:\d+\)/);
  await printed(place, environment, 'subject', 'add', 'bob');
  const issued = await printed(place, environment, 'issue', '--contract', 'xerial', '--subject', 'bob');
  await refresh(server.origin, 'xerial', refreshTokenIn('xerial', JSON.parse(issued)));
  // By the option too, which overrides the variable.
  const byOption = { ...environment, DATABASE_URL: 'postgres://127.0.0.1:1/nothing' };
  const url = environment.DATABASE_URL;
  expect(await printed(place, byOption, 'sessions', '--db', url)).toContain('xerial');
  expect(await printed(place, environment, 'revoke', '--subject', 'bob')).toContain('1 session');
  const { code, stdout, stderr } = await server.stop();
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(new URL(url).password);
});

test('doctor checks a PostgreSQL database, its guarantees, schema and keys', async ({ place }) => {
  const environment = await environmentOf();
  expect(await printed(place, environment, 'doctor')).toMatch(/^warn {2}schema .* is empty; the next start creates/m);
  await printed(place, environment, 'subject', 'add', 'bob');
  await printed(place, environment, 'issue', '--contract', 'fib', '--subject', 'bob');
  const found = await printed(place, environment, 'doctor');
  expect(found).toMatch(/^ok {4}database .*PostgreSQL 1\d/m);
  expect(found).toMatch(/^ok {4}schema .*sessions: 1, subjects: 1/m);
  expect(found).toMatch(/^ok {4}keys .*active: 5/m);
  expect(found).not.toContain(new URL(environment.DATABASE_URL).password);
});

describe('doctor reports why a server cannot start', () => {
  test.for([
    [
      'a database that may only be read',
      (name: string) => `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
      [
        /^FAIL {2}database .* is read-only for /m,
        /^warn {2}schema .* is empty; a start cannot create its schema yet\.$/m,
      ],
    ],
    [
      'a schema of another program',
      () => 'CREATE SCHEMA refract; CREATE TABLE refract.session (x int)',
      [/^FAIL {2}schema .* has a schema refract that is not ours \(it holds session\); /m],
    ],
  ] as const)('doctor reports why a server cannot start on PostgreSQL: %s', async ([, statement, lines], { place }) => {
    const environment = await environmentOf();
    const url = environment.DATABASE_URL;
    await queryOnce(url, statement(new URL(url).pathname.slice(1)));
    const { code, stdout, stderr } = await place.refractWith({ environment }, 'doctor');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'refract: 1 check failed.\n' });
    for (const line of lines) expect(stdout).toMatch(line);
    expect(stdout).not.toContain('the next start creates');
  });

  test('commands other than doctor refuse a foreign schema in one sentence', async ({ place }) => {
    const environment = await environmentOf();
    await queryOnce(environment.DATABASE_URL, 'CREATE SCHEMA refract; CREATE TABLE refract.session (x int)');
    for (const args of [['serve'], ['sessions'], ['keys', 'list']]) {
      const { code, stdout, stderr } = await place.refractWith({ environment }, ...args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^refract: refract_\w+ at \S+ has a schema refract that is not ours .*\.\n$/);
    }
  });
});

describe('an unusable PostgreSQL database is refused in one sentence', () => {
  test.for([
    [
      'an address of another database',
      ['sessions'],
      { DATABASE_URL: 'mysql://root:secret-word@127.0.0.1/x' },
      /DATABASE_URL must be an address such as/,
    ],
    [
      'an address without a host',
      ['sessions'],
      { DATABASE_URL: 'postgres://root:secret-word@/x?host=/run' },
      /DATABASE_URL has no host; write a socket as postgres:/,
    ],
    [
      'an address with several hosts',
      ['copy', '--from', 'postgres://root:secret-word@one:5432,other:5432/x', '--to', 'sqlite:x.db'],
      {},
      /--from names several hosts; name the primary alone\./,
    ],
    [
      'an address with a / in its password',
      ['sessions', '--db', 'postgres://root:secret/word@127.0.0.1/x'],
      {},
      /has an @ after its host: write \/ \? # in a password as %2F %3F %23\./,
    ],
    [
      'a closed port',
      ['sessions'],
      { DATABASE_URL: 'postgres://r:secret-word@127.0.0.1:1/x' },
      /x at 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/,
    ],
    [
      'a closed port, with --db',
      ['sessions', '--db', 'postgres://r:secret-word@127.0.0.1:1/x'],
      {},
      /cannot be used: .*ECONNREFUSED/,
    ],
    [
      'doctor on a closed port',
      ['doctor'],
      { DATABASE_URL: 'postgres://r:secret-word@127.0.0.1:1/x' },
      /1 check failed/,
    ],
    [
      'a backup',
      ['backup', 'file'],
      { DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      /refract backup needs a SQLite file; use pg_dump or pg_basebackup/,
    ],
    [
      'a restore',
      ['restore', 'file'],
      { DATABASE_URL: 'postgres://127.0.0.1:1/x' },
      /refract restore needs a SQLite file/,
    ],
  ] as const)(
    'a command refuses PostgreSQL in one sentence: %s',
    async ([, args, environment, sentence], { place }) => {
      const { code, stdout, stderr } = await place.refractWith({ environment }, ...args);
      expect(code).toBeGreaterThan(0);
      expect(stderr).toMatch(sentence);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stdout + stderr).not.toMatch(/secret.word/);
    },
  );
});
