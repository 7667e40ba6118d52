// Opening a database that does not meet the requirements.
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { createEmptyDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';

async function opened(url: string): Promise<Store> {
  const store = await openPostgresStore({ url, poolSize: 2 });
  onTestFinished(() => store.close());
  return store;
}

/** Changes the schema version as a newer release does. */
async function upgrade(url: string, worksWith: number): Promise<void> {
  await queryOnce(url, 'ALTER TABLE refract.session ADD COLUMN invented_later text NOT NULL DEFAULT $$new$$');
  await queryOnce(url, 'UPDATE refract.schema_version SET version = version + 1, works_with = $1', [worksWith]);
}

test('an older release runs and starts beside a newer one with a compatible schema', async () => {
  const url = await createEmptyDatabase();
  const running = await opened(url);
  await running.putSubject('bob', { email: undefined, account: undefined, role: undefined });
  await upgrade(url, 1);
  const restarted = await opened(url);
  for (const store of [running, restarted]) {
    const issued = await store.issue({
      ...{ id: crypto.randomUUID(), contract: 'fib', policy: 'single-use', subjectId: 'bob', keyId: 'first' },
      ...{ lifetime: 1_000, label: undefined },
    });
    if (issued.kind === 'refused') throw new Error(issued.refusal);
    expect(await running.rotate(issued.session, { ...issued.session, generation: 1 })).toBe(true);
    expect((await restarted.read(issued.session.id)).session).toEqual({ ...issued.session, generation: 1 });
  }
});

test('openPostgresStore() refuses an incompatible newer schema', async () => {
  const url = await createEmptyDatabase();
  await opened(url);
  await upgrade(url, 1_000);
  await expect(opened(url)).rejects.toThrow(/has schema 2, and this Refract knows schemas up to 1; run the newer/);
  expect(await queryOnce(url, 'SELECT version FROM refract.schema_version')).toEqual([{ version: '2' }]);
});

test('openPostgresStore() refuses a database with synchronous_commit off', async () => {
  const url = await createEmptyDatabase();
  await queryOnce(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
  await expect(opened(url)).rejects.toThrow(/may lose revocations in a crash, since synchronous_commit is off/);
  expect((await inspectPostgres(url)).unmet).toEqual([expect.stringMatching(/synchronous_commit is off/)]);
});

test('openPostgresStore() refuses a database that is not in UTF8', async () => {
  const url = new URL(await createEmptyDatabase());
  const name = `${url.pathname.slice(1)}_latin`;
  await queryOnce(url.href, `CREATE DATABASE ${name} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`);
  url.pathname = name;
  await expect(opened(url.href)).rejects.toThrow(/_latin at .* is in LATIN1, which cannot hold every text/);
  expect((await inspectPostgres(url.href)).unmet).toEqual([expect.stringMatching(/is in LATIN1/)]);
});

test.each(['prefer', 'require', 'verify-ca', 'verify-full', '%72equire', 'disable&sslmode=require'])(
  'sslmode=%s verifies the server and prints no warning',
  async (mode) => {
    const warnings: Error[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const url = `${await createEmptyDatabase()}?application_name=x&sslmode=${mode}`;
    await expect(opened(url)).rejects.toThrow('The server does not support SSL connections');
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  },
);

test('a failure to connect is reported in one sentence without the password', async () => {
  const url = new URL(await createEmptyDatabase());
  const cases: readonly (readonly [string, RegExp])[] = [
    [`postgres://refract:secret-word@127.0.0.1:1/nothing`, /nothing at 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/],
    [Object.assign(new URL(url), { pathname: '/missing' }).href, /"missing" does not exist/],
    [Object.assign(new URL(url), { password: 'secret-word' }).href, /password authentication failed/],
  ];
  for (const [address, sentence] of cases) {
    const refused = await openPostgresStore({ url: address, poolSize: 1 }).catch(String);
    expect(refused).toMatch(sentence);
    expect(refused).toMatch(/^RefractError \[store\]: The database /);
    expect(refused).not.toContain('secret-word');
  }
});

test('inspectPostgres() changes nothing, with or without a schema', async () => {
  const url = await createEmptyDatabase();
  expect(await inspectPostgres(url)).toMatchObject({
    isStandby: false,
    unmet: [],
    schema: { version: 0 },
    rows: undefined,
  });
  const store = await opened(url);
  await store.putSubject('bob', { email: undefined, account: undefined, role: undefined });
  await store.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'x.y.z' });
  const found = await inspectPostgres(url);
  expect(found.schema.version).toBe(found.schema.known);
  expect(found.rows).toMatchObject({ contents: { sessions: 0, subjects: 1 }, keySets: [{ id: 'first' }] });
  expect(Math.abs((found.rows?.latest ?? 0) - found.now)).toBeLessThan(60);
});
