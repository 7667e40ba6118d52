// A database that Refract cannot work with: a foreign or incomplete schema, or missing permissions. Start, copy and
// inspection report it in one sentence and change nothing.
import { describe, expect, test, vi } from 'vitest';
import { openPostgresForCopy } from '../../../src/store/copy/postgres.ts';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { createEmptyDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

async function openAndClose(url: string): Promise<void> {
  await (await openPostgresStore({ url, poolSize: 1 })).close();
}

/** The errors of a start, and of a copy from and to the database. */
function collectErrors(url: string): Promise<unknown[]> {
  return Promise.all(
    [openAndClose(url), openPostgresForCopy(url, 'source'), openPostgresForCopy(url, 'target')].map((opening) =>
      opening.then(() => 'opened', String),
    ),
  );
}

const relations = `SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = 'refract' ORDER BY relname`;

describe('a foreign schema refract is refused and not changed', () => {
  test.each([
    ['a table of another program', 'CREATE TABLE refract.session (x int)', 'session'],
    ['a view', 'CREATE VIEW refract.anything AS SELECT 1 AS x', 'anything'],
    ['its clock alone', `CREATE FUNCTION refract.now() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'`, 'now\\(\\)'],
    [
      'a version without a row',
      'CREATE TABLE refract.schema_version (version bigint, works_with bigint)',
      'schema_version',
    ],
    ['a version of something else', 'CREATE TABLE refract.schema_version (x int)', 'schema_version'],
    [
      'a version that is no number',
      `CREATE TABLE refract.schema_version AS SELECT 'two' AS version, 'one' AS works_with`,
      'schema_version',
    ],
  ])('a foreign schema is refused: %s', async (_what, made, names) => {
    const url = await createEmptyDatabase();
    await queryOnce(url, `CREATE SCHEMA refract; ${made}`);
    const before = await queryOnce(url, relations);
    const sentence = new RegExp(
      `has a schema refract that is not ours \\(it holds ${names}\\); name another database, or remove that schema\\.$`,
    );
    for (const error of await collectErrors(url)) expect(error).toMatch(sentence);
    expect(await inspectPostgres(url)).toMatchObject({ schema: { unfit: expect.stringMatching(sentence) as unknown } });
    expect(await queryOnce(url, relations)).toEqual(before);
  });

  test('openPostgresStore() uses a schema that is empty or has objects of extensions', async () => {
    const url = await createEmptyDatabase();
    await queryOnce(url, 'CREATE SCHEMA refract');
    expect(await inspectPostgres(url)).toMatchObject({ schema: { version: 0, unfit: undefined } });
    await queryOnce(url, 'CREATE TABLE refract.extended (x int); ALTER EXTENSION plpgsql ADD TABLE refract.extended');
    expect(await inspectPostgres(url)).toMatchObject({ schema: { version: 0, unfit: undefined } });
    await openAndClose(url);
  });
});

describe('an incomplete schema is refused', () => {
  test.each([
    [
      'tables are missing',
      'DROP TABLE refract.imported_token, refract.audit_event',
      'it lacks the table imported_token, the table audit_event;',
    ],
    ['a column is missing', 'ALTER TABLE refract.session DROP COLUMN label', 'it lacks the column label of session;'],
    ['the clock is missing', 'DROP FUNCTION refract.now', 'it lacks the function now();'],
  ])('an incomplete schema is refused: %s', async (_what, taken, missing) => {
    const url = await createEmptyDatabase();
    await openAndClose(url);
    await queryOnce(url, taken);
    for (const error of await collectErrors(url)) {
      expect(error).toMatch(
        /^RefractError \[store\]: The schema refract of .* is not complete: .*; restore a backup\.$/,
      );
      expect(error).toContain(missing);
    }
    expect(await inspectPostgres(url)).toMatchObject({
      schema: { version: 1, unfit: expect.stringContaining(missing) as unknown },
      rows: undefined,
    });
  });
});

describe('missing permissions are found by inspectPostgres()', () => {
  const only = (sentence: RegExp) => ({ unpermitted: [expect.stringMatching(sentence)] as unknown });

  test('inspectPostgres() finds read-only transactions by address or database', async () => {
    const url = await createEmptyDatabase();
    const sentence = / is read-only for \w+: default_transaction_read_only is on; set it off\.$/;
    const byAddress = `${url}?options=${encodeURIComponent('-c default_transaction_read_only=on')}`;
    expect(await inspectPostgres(byAddress)).toMatchObject(only(sentence));
    await openAndClose(url);
    expect(await inspectPostgres(byAddress)).toMatchObject(only(sentence));
    expect(await inspectPostgres(url)).toMatchObject({ unpermitted: [] });
    await queryOnce(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`);
    expect(await inspectPostgres(url)).toMatchObject(only(sentence));
  });

  /** Creates a role. @returns its address */
  async function createRole(url: string, ...grants: readonly string[]): Promise<string> {
    const role = `${new URL(url).pathname.slice(1)}_role`;
    await queryOnce(url, `CREATE ROLE ${role} LOGIN PASSWORD 'a-word'`);
    for (const grant of grants) await queryOnce(url, `GRANT ${grant} TO ${role}`);
    return Object.assign(new URL(url), { username: role, password: 'a-word' }).href;
  }

  test('inspectPostgres() finds each missing privilege of the role', async () => {
    const url = await createEmptyDatabase();
    await openAndClose(url);
    const schema = 'USAGE ON SCHEMA refract';
    const reading = await createRole(url, schema, 'SELECT ON ALL TABLES IN SCHEMA refract');
    expect(await inspectPostgres(reading)).toMatchObject(
      only(
        /_role lacks INSERT, UPDATE, DELETE \(subject\), INSERT, UPDATE, DELETE \(session\), INSERT, DELETE \(imported_token\), INSERT, UPDATE, DELETE \(key_set\), INSERT, DELETE \(audit_event\), UPDATE \(schema_version\) in .*: GRANT SELECT, /,
      ),
    );
    const role = new URL(reading).username;
    await queryOnce(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA refract TO ${role}`);
    expect(await inspectPostgres(reading)).toMatchObject({ unpermitted: [] });
    await openAndClose(reading);
    await queryOnce(url, `REVOKE DELETE ON refract.session FROM ${role}`);
    expect(await inspectPostgres(reading)).toMatchObject(only(/_role lacks DELETE \(session\) in /));
  });

  test('inspectPostgres() finds a role that may not create the missing schema', async () => {
    const url = await createEmptyDatabase();
    const role = await createRole(url);
    expect(await inspectPostgres(role)).toMatchObject(
      only(/ has no schema yet: GRANT CREATE ON DATABASE refract_\w+ TO refract_\w+_role\.$/),
    );
    await expect(openAndClose(role)).rejects.toThrow(/cannot be created: .*permission denied for database/);
    await queryOnce(url, `CREATE SCHEMA refract; GRANT USAGE, CREATE ON SCHEMA refract TO ${new URL(role).username}`);
    expect(await inspectPostgres(role)).toMatchObject({ unpermitted: [] });
    await openAndClose(role);
  });
});
