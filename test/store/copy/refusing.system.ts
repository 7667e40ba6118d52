// What a copy refuses, each with one sentence and with nothing overwritten; and what a database says that was left.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { backUp } from '../../../src/store/sqlite/backup.ts';
import { inspectDatabase } from '../../../src/store/sqlite/inspect.ts';
import { restore } from '../../../src/store/sqlite/restore.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { queryOnce, startPostgres, type TestPostgres } from '../../shared/postgres.ts';
import { contentsOf, fill, postgresSide, sqliteSide, sqliteSideOf, type Side } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const said: string[] = [];
const options = { longestFence: 60, say: (line: string) => said.push(line) };
const copied = async (source: Side, target: Side): Promise<unknown> => {
  const [one, other] = [await source.open('source'), await target.open('target')];
  try {
    return await copy(one, other, options);
  } finally {
    await one.close();
    await other.close();
  }
};
const sides = {
  sqlite: () => Promise.resolve(sqliteSide()),
  postgres: () => postgresSide(postgres.createDatabase),
} as const;
const kinds = ['sqlite', 'postgres'] as const;

describe.each(kinds)('%s', (kind) => {
  test('a target that holds rows no copy has brought is left as it is', async () => {
    const [source, target] = [sqliteSide(), await sides[kind]()];
    await fill(source, 3);
    await fill(target, 5);
    const before = await contentsOf(target);
    await expect(copied(source, target)).rejects.toThrow(
      /holds rows that no copy has brought \(subject 4, session 5, imported_token 2, key_set 3, audit_event 2\); nothing is overwritten: name an empty database\.$/,
    );
    expect(await contentsOf(target)).toEqual(before);
    await source.start();
  });

  test('a target that another copy has begun to fill is left to that one', async () => {
    const [first, second, target] = [sqliteSide(), sqliteSide(), await sides[kind]()];
    await fill(first, 3);
    await fill(second, 3);
    const end = await first.open('source');
    const broken = { ...end, fence: () => Promise.reject(new Error('broken off')) };
    await expect(copy(broken, await target.open('target'), options)).rejects.toThrow('broken off');
    await expect(copied(second, target)).rejects.toThrow(/is the target of another copy, from .* not finished/);
    await expect(copied(first, target)).resolves.toMatchObject({ kind: 'copied' });
  });

  test('a copy that was begun to a second target can no longer be finished at the first, so that never two are open', async () => {
    const [source, first, second] = [await sides[kind](), sqliteSide(), sqliteSide()];
    await fill(source, 3);
    const end = await source.open('source');
    const fence: typeof end.fence = async (...input) => {
      await copied(source, second);
      return end.fence(...input);
    };
    await expect(copy({ ...end, fence }, await first.open('target'), options)).rejects.toThrow();
    await expect(copied(source, first)).rejects.toThrow(/was copied to .* and is shut; go on there/);
    await expect(first.start()).rejects.toThrow(/is the target of an unfinished copy/);
    await second.start();
  });

  test('a copy is given up when another one of the same source was begun meanwhile, and that one is finished', async () => {
    const [source, first, second] = [await sides[kind](), sqliteSide(), sqliteSide()];
    await fill(source, 3);
    const [one, other] = [await source.open('source'), await source.open('source')];
    const fence: typeof one.fence = async (...input) => {
      const broken = { ...other, fence: () => Promise.reject(new Error('broken off')) };
      await expect(copy(broken, await second.open('target'), options)).rejects.toThrow('broken off');
      return one.fence(...input);
    };
    await expect(copy({ ...one, fence }, await first.open('target'), options)).rejects.toThrow(
      /^Another copy of .* was begun meanwhile; this one is given up\.$/,
    );
    await source.start();
    await expect(copied(source, first)).rejects.toThrow(/is the target of another copy/);
    await expect(copied(source, second)).resolves.toMatchObject({ kind: 'copied' });
  });

  test('one database on both sides is told so', async () => {
    const source = await sides[kind]();
    await source.start();
    await expect(copied(source, source)).rejects.toThrow(/is on both sides; name two databases\.$/);
  });

  test('one that was copied says where to, to whoever starts it, copies it or copies to it', async () => {
    const [source, target, other] = [await sides[kind](), sqliteSide(), sqliteSide()];
    await fill(source, 3);
    await copied(source, target);
    const place = (await target.open('source')).place;
    const sentence = new RegExp(
      `was copied to ${place} at \\d{4}-\\d\\d-\\d\\dT.*Z and is shut; go on there, under the same master secret\\.$`,
    );
    await expect(source.start()).rejects.toThrow(sentence);
    await expect(copied(source, other)).rejects.toThrow(sentence);
    await fill(other, 1);
    await expect(copied(other, source)).rejects.toThrow(/holds what was copied to .*, and is kept; name an empty/);
  });

  test('one of a newer release is left to that one', async () => {
    const source = await sides[kind]();
    await source.start();
    await source.run(
      kind === 'sqlite' ? 'PRAGMA user_version = 900' : 'UPDATE schema_version SET version = 900, works_with = 900',
    );
    await expect(source.open('source')).rejects.toThrow(
      /has schema 900, and this Refract copies schema \d+; run the newer release that upgraded it\.$/,
    );
  });

  test('clocks that are more than five seconds apart are told of', async () => {
    const [source, target] = [await sides[kind](), sqliteSide()];
    await fill(source, 3);
    const end = await source.open('source');
    const look: typeof end.look = async () => ({ ...(await end.look()), now: Math.floor(Date.now() / 1_000) - 60 });
    said.length = 0;
    await copy({ ...end, look }, await target.open('target'), options);
    expect(said).toContainEqual(expect.stringMatching(/^The clocks of the two are (59|60|61) s apart: set them alike/));
  });
});

test('what was copied, or is not yet whole, is not looked at, backed up or replaced by a backup as if it were', async () => {
  const [source, target] = [sqliteSide(), sqliteSide()];
  await fill(source, 3);
  const backup = join(temporaryFolder(), 'backup.db');
  const end = await source.open('source');
  const broken = { ...end, fence: () => Promise.reject(new Error('broken off')) };
  await expect(copy(broken, await target.open('target'), options)).rejects.toThrow('broken off');
  backUp(fileOf(source), backup, 0);
  const each = (file: string): readonly (() => unknown)[] => [
    () => inspectDatabase(file, 0, 0),
    () => backUp(file, `${backup}.other`, 0),
    () => restore({ file: backup, database: file, busyTimeout: 0, revocations: 'forget', now: 0 }),
  ];
  await end.close();
  for (const refused of each(fileOf(target)).slice(0, 2))
    expect(refused).toThrow(/is the target of an unfinished copy/);
  await copied(source, target);
  for (const refused of each(fileOf(source))) expect(refused).toThrow(/was copied to .* and is shut; go on there/);
  const [first, second] = [await postgresSide(postgres.createDatabase), sqliteSide()];
  await fill(first, 3);
  await copied(first, second);
  await expect(inspectPostgres(first.argument)).rejects.toThrow(/was copied to .* and is shut; go on there/);
});

test('a source that is not there, is empty, or another program made is not copied, and not made', async () => {
  const folder = temporaryFolder();
  const missing = sqliteSideOf(join(folder, 'missing.db'));
  await expect(missing.open('source')).rejects.toThrow(/^There is no database .*missing\.db to copy\.$/);
  expect(existsSync(join(folder, 'missing.db'))).toBe(false);
  writeFileSync(join(folder, 'empty.db'), '');
  await expect(sqliteSideOf(join(folder, 'empty.db')).open('source')).rejects.toThrow(/is empty, and is not copied\.$/);
  const other = sqliteSideOf(join(folder, 'other.db'));
  writeFileSync(join(folder, 'other.db'), '');
  await other.run('CREATE TABLE recipe (id)');
  for (const side of ['source', 'target'] as const) {
    await expect(other.open(side)).rejects.toThrow(/is a database of another program, and is not copied\.$/);
  }
  const empty = await postgresSide(postgres.createDatabase);
  await expect(empty.open('source')).rejects.toThrow(/has no schema of Refract, and is not copied\.$/);
});

test('a row with a character that PostgreSQL cannot keep is told of, and the source stays open', async () => {
  const [source, target] = [sqliteSide(), await postgresSide(postgres.createDatabase)];
  await fill(source, 1);
  await source.run("UPDATE session SET label = 'a' || char(0) || 'b'");
  await expect(copied(source, target)).rejects.toThrow(/^A row of session has a NUL character in it, which /);
  await source.start();
});

test('a PostgreSQL that breaks while it is read is told of in one sentence, and the same command goes on', async () => {
  const [source, target] = [await postgresSide(postgres.createDatabase), sqliteSide()];
  await fill(source, 3);
  const [one, other] = [await source.open('source'), await target.open('target')];
  const url = source.argument;
  const fence: typeof one.fence = (id, place, hold, work) =>
    one.fence(id, place, hold, async (held) => {
      const result = await work(held);
      await queryOnce(
        new URL('/postgres', url).href,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [new URL(url).pathname.slice(1)],
      );
      return result;
    });
  await expect(copy({ ...one, fence }, other, options)).rejects.toThrow(
    /^The copy broke off: PostgreSQL: .*; run the same command again to go on\.$/,
  );
  await source.start();
  await expect(copied(source, target)).resolves.toMatchObject({ kind: 'copied' });
});

function fileOf({ address }: Side): string {
  return 'file' in address ? address.file : '';
}
