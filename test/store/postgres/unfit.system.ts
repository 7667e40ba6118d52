// A database in which nobody can work: somebody else's schema, one that is no longer whole, one that may not be written
// to. A start, a copy and whoever looks say so, each in one sentence, and leave it as it is.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openPostgresEnd } from '../../../src/store/copy/postgres-end.ts';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { queryOnce, startPostgres, type TestPostgres } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

async function started(url: string): Promise<void> {
  await (await openPostgresStore({ url, poolSize: 1 })).close();
}

/** What everybody says who would work with it. */
function refusals(url: string): Promise<unknown[]> {
  return Promise.all(
    [started(url), openPostgresEnd(url, 'source'), openPostgresEnd(url, 'target')].map((opening) =>
      opening.then(() => 'was opened', String),
    ),
  );
}

const relations = `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = 'refract' ORDER BY relname`;

describe('a schema refract that is not ours is told of, is not looked into, and stays as it is', () => {
  test.each([
    ['a table of another program', 'CREATE TABLE refract.session (x int)', 'session'],
    ['a view', 'CREATE VIEW refract.anything AS SELECT 1 AS x', 'anything'],
    ['its clock alone', `CREATE FUNCTION refract.now() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'`, 'now\\(\\)'],
    [
      'a version that nobody has written',
      'CREATE TABLE refract.schema_version (version bigint, works_with bigint)',
      'schema_version',
    ],
    ['a version of something else', 'CREATE TABLE refract.schema_version (x int)', 'schema_version'],
    [
      'a version that is no number',
      `CREATE TABLE refract.schema_version AS SELECT 'two' AS version, 'one' AS works_with`,
      'schema_version',
    ],
  ])('%s', async (_what, made, names) => {
    const url = await postgres.createDatabase();
    await queryOnce(url, `CREATE SCHEMA refract; ${made}`);
    const before = await queryOnce(url, relations);
    const sentence = new RegExp(
      `has a schema refract that is not ours \\(it holds ${names}\\); name another database, or take that schema away\\.$`,
    );
    for (const refusal of await refusals(url)) expect(refusal).toMatch(sentence);
    expect(await inspectPostgres(url)).toMatchObject({ schema: { unfit: expect.stringMatching(sentence) as unknown } });
    expect(await queryOnce(url, relations)).toEqual(before);
  });

  test('but one that is empty, or has something of an extension in it, is for us', async () => {
    const url = await postgres.createDatabase();
    await queryOnce(url, 'CREATE SCHEMA refract');
    expect(await inspectPostgres(url)).toMatchObject({ schema: { version: 0, unfit: undefined } });
    await queryOnce(url, 'CREATE TABLE refract.extended (x int); ALTER EXTENSION plpgsql ADD TABLE refract.extended');
    expect(await inspectPostgres(url)).toMatchObject({ schema: { version: 0, unfit: undefined } });
    await started(url);
  });
});

describe('a schema that is no longer whole is not started on', () => {
  test.each([
    [
      'tables are gone',
      'DROP TABLE refract.imported_token, refract.audit_event',
      'the table imported_token, the table audit_event are gone',
    ],
    ['a column is gone', 'ALTER TABLE refract.session DROP COLUMN label', 'the column label of session is gone'],
    ['the clock is gone', 'DROP FUNCTION refract.now', 'the function now() is gone'],
  ])('%s', async (_what, taken, told) => {
    const url = await postgres.createDatabase();
    await started(url);
    await queryOnce(url, taken);
    for (const refusal of await refusals(url)) {
      expect(refusal).toMatch(
        /^RefractError \[store\]: The schema refract of .* is not whole: .*; restore a backup\.$/,
      );
      expect(refusal).toContain(told);
    }
    expect(await inspectPostgres(url)).toMatchObject({
      schema: { version: 1, unfit: expect.stringContaining(told) as unknown },
      rows: undefined,
    });
  });
});

describe('what may not be written to is seen by whoever looks, though it can be read', () => {
  const only = (sentence: RegExp) => ({ unpermitted: [expect.stringMatching(sentence)] as unknown });

  test('where transactions only read, by the address or by the database', async () => {
    const url = await postgres.createDatabase();
    const sentence = / may only be read: default_transaction_read_only is on, .*; set it off\.$/;
    const byAddress = `${url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
    expect(await inspectPostgres(byAddress)).toMatchObject(only(sentence));
    await started(url);
    expect(await inspectPostgres(byAddress)).toMatchObject(only(sentence));
    expect(await inspectPostgres(url)).toMatchObject({ unpermitted: [] });
    await queryOnce(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`);
    expect(await inspectPostgres(url)).toMatchObject(only(sentence));
  });

  /** The address for a role that was just made. */
  async function roleOf(url: string, ...grants: readonly string[]): Promise<string> {
    const role = `${new URL(url).pathname.slice(1)}_role`;
    await queryOnce(url, `CREATE ROLE ${role} LOGIN PASSWORD 'a-word'`);
    for (const grant of grants) await queryOnce(url, `GRANT ${grant} TO ${role}`);
    return Object.assign(new URL(url), { username: role, password: 'a-word' }).href;
  }

  test('where the role may read only, or lacks a little', async () => {
    const url = await postgres.createDatabase();
    await started(url);
    const schema = 'USAGE ON SCHEMA refract';
    const reading = await roleOf(url, schema, 'SELECT ON ALL TABLES IN SCHEMA refract');
    expect(await inspectPostgres(reading)).toMatchObject(
      only(
        /_role lacks INSERT, UPDATE, DELETE \(subject\), INSERT, UPDATE, DELETE \(session\), INSERT, DELETE \(imported_token\), INSERT, UPDATE, DELETE \(key_set\), INSERT, DELETE \(audit_event\), UPDATE \(schema_version\) in .*: GRANT SELECT, /,
      ),
    );
    const role = new URL(reading).username;
    await queryOnce(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA refract TO ${role}`);
    expect(await inspectPostgres(reading)).toMatchObject({ unpermitted: [] });
    await started(reading);
    await queryOnce(url, `REVOKE DELETE ON refract.session FROM ${role}`);
    expect(await inspectPostgres(reading)).toMatchObject(only(/_role lacks DELETE \(session\) in /));
  });

  test('where a schema is missing and the role may not make it', async () => {
    const url = await postgres.createDatabase();
    const role = await roleOf(url);
    expect(await inspectPostgres(role)).toMatchObject(
      only(
        / has no schema yet, and refract_\w+_role may not make it: GRANT CREATE ON DATABASE refract_\w+ TO refract_\w+\.$/,
      ),
    );
    await expect(started(role)).rejects.toThrow(/cannot be made: .*permission denied for database/);
    await queryOnce(url, `CREATE SCHEMA refract; GRANT USAGE, CREATE ON SCHEMA refract TO ${new URL(role).username}`);
    expect(await inspectPostgres(role)).toMatchObject({ unpermitted: [] });
    await started(role);
  });
});
