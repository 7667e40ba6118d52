// A database that is not as it should be: what a start makes of it, and what it says.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { queryOnce, startPostgres, type TestPostgres } from '../../shared/postgres.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

async function opened(url: string): Promise<Store> {
  const store = await openPostgresStore({ url, poolSize: 2 });
  onTestFinished(() => store.close());
  return store;
}

/** What a release after this one leaves behind. */
async function upgrade(url: string, worksWith: number): Promise<void> {
  await queryOnce(url, 'ALTER TABLE refract.session ADD COLUMN invented_later text NOT NULL DEFAULT $$new$$');
  await queryOnce(url, 'UPDATE refract.schema_version SET version = version + 1, works_with = $1', [worksWith]);
}

test('an older release goes on, and starts again, beside a newer one whose schema it can work with', async () => {
  const url = await postgres.createDatabase();
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

test('a schema that this release cannot work with is refused and left as it is', async () => {
  const url = await postgres.createDatabase();
  await opened(url);
  await upgrade(url, 1_000);
  await expect(opened(url)).rejects.toThrow(/has schema 2, and this Refract knows schemas up to 1; run the newer/);
  expect(await queryOnce(url, 'SELECT version FROM refract.schema_version')).toEqual([{ version: '2' }]);
});

test('one that answers before a commit is on disk is refused', async () => {
  const url = await postgres.createDatabase();
  await queryOnce(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
  await expect(opened(url)).rejects.toThrow(/answers before a commit is on disk \(synchronous_commit is off\)/);
  expect((await inspectPostgres(url)).unmet).toEqual([expect.stringMatching(/\(synchronous_commit is off\)/)]);
});

test('one that cannot hold every text is refused', async () => {
  const url = new URL(await postgres.createDatabase());
  const name = `${url.pathname.slice(1)}_latin`;
  await queryOnce(url.href, `CREATE DATABASE ${name} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`);
  url.pathname = name;
  await expect(opened(url.href)).rejects.toThrow(/_latin at .* is in LATIN1, which cannot hold every text/);
  expect((await inspectPostgres(url.href)).unmet).toEqual([expect.stringMatching(/is in LATIN1/)]);
});

test.each(['prefer', 'require', 'verify-ca', 'verify-full', '%72equire', 'disable&sslmode=require'])(
  'sslmode=%s verifies the server, and no warning about it is printed',
  async (mode) => {
    const warnings: Error[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const url = `${await postgres.createDatabase()}?application_name=x&sslmode=${mode}`;
    await expect(opened(url)).rejects.toThrow('The server does not support SSL connections');
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  },
);

test('where nobody answers, or lets us in, one sentence says so without the password', async () => {
  const url = new URL(await postgres.createDatabase());
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

test('it can be looked at before and after its schema was made, which changes nothing', async () => {
  const url = await postgres.createDatabase();
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
