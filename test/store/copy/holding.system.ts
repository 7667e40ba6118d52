// The source is held no longer than it may be, whoever it is that takes so long: somebody else who uses its tables, the
// way to it, or the target.
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import type { CopyEnd } from '../../../src/store/copy/ends.ts';
import { openPostgresEnd } from '../../../src/store/copy/postgres-end.ts';
import type { Reader } from '../../../src/store/copy/reader.ts';
import type { CopiedTable } from '../../../src/store/copy/tables.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../../shared/database-proxy.ts';
import { createEmptyDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';
import { fill, postgresSide, sqliteSide, type Side } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Seconds. */
const longestFence = 1;
const silently = { longestFence, say: () => undefined };

async function filled(): Promise<Side> {
  const source = await postgresSide(createEmptyDatabase);
  await fill(source, 10);
  return source;
}

async function proxied(url: string): Promise<DatabaseProxy> {
  const proxy = await startDatabaseProxy(url);
  onTestFinished(proxy.stop);
  return proxy;
}

/** As a server would; one that waits for much longer than the source may be held is told so. */
function serves({ argument }: Side): Promise<unknown> {
  const change = "UPDATE refract.session SET generation = 8 WHERE id = 'session 1'";
  const serving = queryOnce(argument, `SET lock_timeout = '5s'; ${change}`);
  // It may be told so before anybody looks.
  serving.catch(() => undefined);
  return serving;
}

/** Where the source is held, and before anything is read of it. */
function onceHeld(end: CopyEnd, then: (held: Reader) => Promise<void> | void): CopyEnd['fence'] {
  return (id, target, hold, work) =>
    end.fence(id, target, hold, async (held) => {
      await then(held);
      return work(held);
    });
}

test('who reads for a long time does not make everybody wait: the copy lets go, says why, and gives up', async () => {
  const [source, target] = [await filled(), sqliteSide()];
  const reader = new pg.Client(source.argument);
  await reader.connect();
  onTestFinished(() => reader.end());
  await reader.query('BEGIN; SELECT count(*) FROM refract.session');
  const said: string[] = [];
  const options = { longestFence, say: (line: string) => void said.push(line) };
  await expect(copy(await source.open('source'), await target.open('target'), options)).rejects.toThrow(
    /may be held for 1 s, which was not enough in 3 tries: somebody else .* went on using its tables; copy at a/,
  );
  // The time for which the lock was waited for is time for which others had to wait.
  const held = said.flatMap(
    (line) => /was held for ([\d.]+) s, let go, and serves: somebody else/.exec(line)?.[1] ?? [],
  );
  expect(held).toHaveLength(3);
  for (const seconds of held) expect(Number(seconds)).toBeGreaterThan(0.2);
  await serves(source);
});

test('PostgreSQL lets go by itself where the copying process, or the way to it, says nothing any more', async () => {
  const [source, target] = [await filled(), sqliteSide()];
  const proxy = await proxied(source.argument);
  const end = await openPostgresEnd(proxy.url, 'source');
  onTestFinished(() => end.close());
  const served: Promise<unknown>[] = [];
  const fence = onceHeld(end, () => {
    proxy.beSilent(true);
    served.push(serves(source));
  });
  const copying = copy({ ...end, fence }, await target.open('target'), silently);
  await expect(copying).rejects.toThrow(/^The copy broke off: /);
  expect(served).toHaveLength(1);
  await Promise.all(served);
});

test('a target that says nothing any more does not hold the source, and when it is back the copy goes on', async () => {
  const [source, target] = [await filled(), await postgresSide(createEmptyDatabase)];
  const proxy = await proxied(target.argument);
  const [one, other] = [await source.open('source'), await openPostgresEnd(proxy.url, 'target')];
  onTestFinished(() => other.close());
  let isFirst = true;
  const silent = onceHeld(one, () => {
    if (isFirst) proxy.beSilent(true);
    isFirst = false;
  });
  const fence: CopyEnd['fence'] = async (...input) => {
    await source.run(`UPDATE session SET generation = generation + 1 WHERE id = 'session 2'`);
    return silent(...input);
  };
  const letGo: Promise<unknown>[] = [];
  const say = (line: string): void => {
    if (!line.includes('let go, and serves: the last pass was not over')) return;
    letGo.push(serves(source));
    proxy.beSilent(false);
  };
  await expect(copy({ ...one, fence }, other, { longestFence, say })).resolves.toMatchObject({ kind: 'copied' });
  expect(letGo).toHaveLength(1);
  await Promise.all(letGo);
});

test('a statement of the copy that takes too long is ended by PostgreSQL, and the source goes on', async () => {
  const [source, target] = [await filled(), sqliteSide()];
  const end = await source.open('source');
  const served: Promise<unknown>[] = [];
  const fence = onceHeld(end, async (held) => {
    served.push(serves(source));
    await held.rows(sleepy, [{ from: [''], to: undefined }]);
  });
  await expect(copy({ ...end, fence }, await target.open('target'), silently)).rejects.toThrow(
    /was not enough in 3 tries: the last pass was not over/,
  );
  expect(served).toHaveLength(3);
  await Promise.all(served);
});

/** Half a minute for each row. */
const sleepy: CopiedTable = {
  name: 'session',
  columns: { id: 'text', "(SELECT 'late' FROM pg_sleep(30))": 'text' },
  key: ['id'],
  isFenced: true,
};
