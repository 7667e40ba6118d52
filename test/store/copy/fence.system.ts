// The source is locked no longer than allowed, even if another client, the network or the target is slow.
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import type { CopyDatabase } from '../../../src/store/copy/database.ts';
import { openPostgresForCopy } from '../../../src/store/copy/postgres.ts';
import type { Reader } from '../../../src/store/copy/reader.ts';
import type { CopiedTable } from '../../../src/store/copy/tables.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../../shared/database-proxy.ts';
import { createEmptyDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';
import { fill, postgresSide, sqliteSide, type Side } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Seconds. */
const longestFence = 1;
const silently = { longestFence, report: () => undefined };

async function createFilledSource(): Promise<Side> {
  const source = await postgresSide(createEmptyDatabase);
  await fill(source, 10);
  return source;
}

async function startProxy(url: string): Promise<DatabaseProxy> {
  const proxy = await startDatabaseProxy(url);
  onTestFinished(proxy.stop);
  return proxy;
}

/** Changes a session like a server; rejects if it waits for much longer than the source may be locked. */
function changeSession({ argument }: Side): Promise<unknown> {
  const change = "UPDATE refract.session SET generation = 8 WHERE id = 'session 1'";
  const changing = queryOnce(argument, `SET lock_timeout = '5s'; ${change}`);
  // It may reject before the test awaits it.
  changing.catch(() => undefined);
  return changing;
}

/** Calls back once the source is locked, before any of its rows is read. */
function onceLocked(
  database: CopyDatabase,
  then: (locked: Reader) => Promise<void> | void,
): CopyDatabase['closeSource'] {
  return (id, target, timer, work) =>
    database.closeSource(id, target, timer, async (locked) => {
      await then(locked);
      return work(locked);
    });
}

test('copy() unlocks the source, says why and gives up while a long read blocks it', async () => {
  const [source, target] = [await createFilledSource(), sqliteSide()];
  const reader = new pg.Client(source.argument);
  await reader.connect();
  onTestFinished(() => reader.end());
  await reader.query('BEGIN; SELECT count(*) FROM refract.session');
  const reported: string[] = [];
  const options = { longestFence, report: (line: string) => void reported.push(line) };
  await expect(copy(await source.open('source'), await target.open('target'), options)).rejects.toThrow(
    /was not copied within 1 s in 3 attempts: another client .* uses its tables; copy at a quieter time/,
  );
  // While the copy waited for its lock, other statements waited behind it, and this time counts.
  const lockedSeconds = reported.flatMap(
    (line) => /was locked for ([\d.]+) s and is open again: another client/.exec(line)?.[1] ?? [],
  );
  expect(lockedSeconds).toHaveLength(3);
  for (const seconds of lockedSeconds) expect(Number(seconds)).toBeGreaterThan(0.2);
  await changeSession(source);
});

test('PostgreSQL unlocks the source by itself when the copying process is silent', async () => {
  const [source, target] = [await createFilledSource(), sqliteSide()];
  const proxy = await startProxy(source.argument);
  const database = await openPostgresForCopy(proxy.url, 'source');
  onTestFinished(() => database.close());
  const changes: Promise<unknown>[] = [];
  const closeSource = onceLocked(database, () => {
    proxy.beSilent(true);
    changes.push(changeSession(source));
  });
  const copying = copy({ ...database, closeSource }, await target.open('target'), silently);
  await expect(copying).rejects.toThrow(/^The copy was interrupted: /);
  expect(changes).toHaveLength(1);
  await Promise.all(changes);
});

test('copy() unlocks the source while the target is silent, and then continues', async () => {
  const [source, target] = [await createFilledSource(), await postgresSide(createEmptyDatabase)];
  const proxy = await startProxy(target.argument);
  const [one, other] = [await source.open('source'), await openPostgresForCopy(proxy.url, 'target')];
  onTestFinished(() => other.close());
  let isFirst = true;
  const silent = onceLocked(one, () => {
    if (isFirst) proxy.beSilent(true);
    isFirst = false;
  });
  const closeSource: CopyDatabase['closeSource'] = async (...input) => {
    await source.run(`UPDATE session SET generation = generation + 1 WHERE id = 'session 2'`);
    return silent(...input);
  };
  const unlocked: Promise<unknown>[] = [];
  const report = (line: string): void => {
    if (!line.includes('is open again: the last pass took too long')) return;
    unlocked.push(changeSession(source));
    proxy.beSilent(false);
  };
  await expect(copy({ ...one, closeSource }, other, { longestFence, report })).resolves.toMatchObject({
    kind: 'copied',
  });
  expect(unlocked).toHaveLength(1);
  await Promise.all(unlocked);
});

test('PostgreSQL ends a statement of the copy that takes too long', async () => {
  const [source, target] = [await createFilledSource(), sqliteSide()];
  const database = await source.open('source');
  const changes: Promise<unknown>[] = [];
  const closeSource = onceLocked(database, async (locked) => {
    changes.push(changeSession(source));
    await locked.rows(sleepy, [{ from: [''], to: undefined }]);
  });
  await expect(copy({ ...database, closeSource }, await target.open('target'), silently)).rejects.toThrow(
    /in 3 attempts: the last pass took too long/,
  );
  expect(changes).toHaveLength(3);
  await Promise.all(changes);
});

/** A table that takes half a minute for each row. */
const sleepy: CopiedTable = {
  name: 'session',
  columns: { id: 'text', "(SELECT 'late' FROM pg_sleep(30))": 'text' },
  key: ['id'],
  isFenced: true,
};
