// Refusals of a copy, each with one sentence and without a changed row; and the errors of a copied database.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { backUp } from '../../../src/store/sqlite/backup.ts';
import { inspectDatabase } from '../../../src/store/sqlite/inspect.ts';
import { restore } from '../../../src/store/sqlite/restore.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { createEmptyDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';
import { contentsOf, fill, postgresSide, sqliteSide, sqliteSideOf, type Side } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const reported: string[] = [];
const options = { longestFence: 60, report: (line: string) => reported.push(line) };
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
  postgres: () => postgresSide(createEmptyDatabase),
} as const;
const kinds = ['sqlite', 'postgres'] as const;

describe.each(kinds)('%s', (kind) => {
  test('copy() refuses a target with rows of its own and leaves it unchanged', async () => {
    const [source, target] = [sqliteSide(), await sides[kind]()];
    await fill(source, 3);
    await fill(target, 5);
    const before = await contentsOf(target);
    await expect(copied(source, target)).rejects.toThrow(
      /already has rows \(subject 4, session 5, imported_token 2, key_set 3, audit_event 2\); name an empty database\.$/,
    );
    expect(await contentsOf(target)).toEqual(before);
    await source.start();
  });

  test('copy() refuses a target that another copy has begun to fill', async () => {
    const [first, second, target] = [sqliteSide(), sqliteSide(), await sides[kind]()];
    await fill(first, 3);
    await fill(second, 3);
    const database = await first.open('source');
    const broken = { ...database, closeSource: () => Promise.reject(new Error('interrupted')) };
    await expect(copy(broken, await target.open('target'), options)).rejects.toThrow('interrupted');
    await expect(copied(second, target)).rejects.toThrow(/is the target of another copy, from .*; finish that one/);
    await expect(copied(first, target)).resolves.toMatchObject({ kind: 'copied' });
  });

  test('copy() to a first target fails once the source was copied to a second one', async () => {
    const [source, first, second] = [await sides[kind](), sqliteSide(), sqliteSide()];
    await fill(source, 3);
    const database = await source.open('source');
    const closeSource: typeof database.closeSource = async (...input) => {
      await copied(source, second);
      return database.closeSource(...input);
    };
    await expect(copy({ ...database, closeSource }, await first.open('target'), options)).rejects.toThrow();
    await expect(copied(source, first)).rejects.toThrow(/was copied to .* and is closed; use that one/);
    await expect(first.start()).rejects.toThrow(/is the target of an unfinished copy/);
    await second.start();
  });

  test('copy() abandons a copy when a later one of the same source has started', async () => {
    const [source, first, second] = [await sides[kind](), sqliteSide(), sqliteSide()];
    await fill(source, 3);
    const [one, other] = [await source.open('source'), await source.open('source')];
    const closeSource: typeof one.closeSource = async (...input) => {
      const broken = { ...other, closeSource: () => Promise.reject(new Error('interrupted')) };
      await expect(copy(broken, await second.open('target'), options)).rejects.toThrow('interrupted');
      return one.closeSource(...input);
    };
    await expect(copy({ ...one, closeSource }, await first.open('target'), options)).rejects.toThrow(
      /^Another copy of .* was started meanwhile; this one is abandoned\.$/,
    );
    await source.start();
    await expect(copied(source, first)).rejects.toThrow(/is the target of another copy/);
    await expect(copied(source, second)).resolves.toMatchObject({ kind: 'copied' });
  });

  test('copy() refuses one database as source and target', async () => {
    const source = await sides[kind]();
    await source.start();
    await expect(copied(source, source)).rejects.toThrow(/is source and target; name two databases\.$/);
  });

  test('a copied source names its target when it is started, copied or copied to', async () => {
    const [source, target, other] = [await sides[kind](), sqliteSide(), sqliteSide()];
    await fill(source, 3);
    await copied(source, target);
    const { name } = await target.open('source');
    const sentence = new RegExp(
      `was copied to ${name} at \\d{4}-\\d\\d-\\d\\dT.*Z and is closed; use that one, with the same master secret\\.$`,
    );
    await expect(source.start()).rejects.toThrow(sentence);
    await expect(copied(source, other)).rejects.toThrow(sentence);
    await fill(other, 1);
    await expect(copied(other, source)).rejects.toThrow(/was copied to .* and keeps its rows; name an empty/);
  });

  test('copy() refuses a source with the schema of a newer release', async () => {
    const source = await sides[kind]();
    await source.start();
    await source.run(
      kind === 'sqlite' ? 'PRAGMA user_version = 900' : 'UPDATE schema_version SET version = 900, works_with = 900',
    );
    await expect(source.open('source')).rejects.toThrow(
      /has schema 900, and this Refract knows schemas up to \d+; run the newer release that upgraded it\.$/,
    );
  });

  test('copy() warns of clocks that differ by more than five seconds', async () => {
    const [source, target] = [await sides[kind](), sqliteSide()];
    await fill(source, 3);
    const database = await source.open('source');
    const readState: typeof database.readState = async () => ({
      ...(await database.readState()),
      now: Math.floor(Date.now() / 1_000) - 60,
    });
    reported.length = 0;
    await copy({ ...database, readState }, await target.open('target'), options);
    expect(reported).toContainEqual(
      expect.stringMatching(/^The clocks of the two differ by (59|60|61) s: set them alike/),
    );
  });
});

test('inspection, backup and restore refuse a copied or unfinished database', async () => {
  const [source, target] = [sqliteSide(), sqliteSide()];
  await fill(source, 3);
  const backup = join(temporaryFolder(), 'backup.db');
  const database = await source.open('source');
  const broken = { ...database, closeSource: () => Promise.reject(new Error('interrupted')) };
  await expect(copy(broken, await target.open('target'), options)).rejects.toThrow('interrupted');
  backUp(fileOf(source), backup, 0);
  const each = (file: string): readonly (() => unknown)[] => [
    () => inspectDatabase(file, 0, 0),
    () => backUp(file, `${backup}.other`, 0),
    () => restore({ file: backup, database: file, busyTimeout: 0, revocations: 'forget', now: 0 }),
  ];
  await database.close();
  for (const refused of each(fileOf(target)).slice(0, 2))
    expect(refused).toThrow(/is the target of an unfinished copy/);
  await copied(source, target);
  for (const refused of each(fileOf(source))) expect(refused).toThrow(/was copied to .* and is closed; use that one/);
  const [first, second] = [await postgresSide(createEmptyDatabase), sqliteSide()];
  await fill(first, 3);
  await copied(first, second);
  await expect(inspectPostgres(first.argument)).rejects.toThrow(/was copied to .* and is closed; use that one/);
});

test('copy() refuses a missing, empty or foreign source and does not create it', async () => {
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
  const empty = await postgresSide(createEmptyDatabase);
  await expect(empty.open('source')).rejects.toThrow(/has no schema of Refract, and is not copied\.$/);
});

test('copy() reports a NUL character in a row for PostgreSQL and keeps the source open', async () => {
  const [source, target] = [sqliteSide(), await postgresSide(createEmptyDatabase)];
  await fill(source, 1);
  await source.run("UPDATE session SET label = 'a' || char(0) || 'b'");
  await expect(copied(source, target)).rejects.toThrow(/^A row of session has a NUL character, which /);
  await source.start();
});

test('copy() reports a lost PostgreSQL source, and the same command continues', async () => {
  const [source, target] = [await postgresSide(createEmptyDatabase), sqliteSide()];
  await fill(source, 3);
  const [one, other] = [await source.open('source'), await target.open('target')];
  const url = source.argument;
  const closeSource: typeof one.closeSource = (id, targetName, timer, work) =>
    one.closeSource(id, targetName, timer, async (locked) => {
      const result = await work(locked);
      await queryOnce(
        new URL('/postgres', url).href,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [new URL(url).pathname.slice(1)],
      );
      return result;
    });
  await expect(copy({ ...one, closeSource }, other, options)).rejects.toThrow(
    /^The copy was interrupted: PostgreSQL: .*; run the same command again to continue\.$/,
  );
  await source.start();
  await expect(copied(source, target)).resolves.toMatchObject({ kind: 'copied' });
});

function fileOf({ address }: Side): string {
  return 'file' in address ? address.file : '';
}
