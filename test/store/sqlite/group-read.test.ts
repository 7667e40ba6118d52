// Group read: queued reads share one transaction, and each fails alone.
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createGroupRead } from '../../../src/store/sqlite/group-commit.ts';

/** A group read, with the statements that the database has run. */
function open(readOne: (database: Database.Database, key: string) => string) {
  const statements: string[] = [];
  const database = new Database(':memory:', { verbose: (text) => statements.push(String(text)) });
  onTestFinished(() => {
    database.close();
  });
  return { statements, read: createGroupRead(database, (key) => readOne(database, key)) };
}

test('reads of one turn share a transaction, and each returns its own result', async () => {
  const { statements, read } = open((database, key) => (database.inTransaction ? key : 'outside'));
  expect(await Promise.all(['a', 'b', 'c'].map(read))).toEqual(['a', 'b', 'c']);
  expect(statements).toEqual(['BEGIN', 'COMMIT']);
  expect(await read('d')).toBe('d');
  expect(statements).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT']);
});

test('a failing read does not affect the others of its group', async () => {
  const { read } = open((_database, key) => {
    if (key === 'b') throw new Error('planted');
    return key;
  });
  expect(await Promise.allSettled(['a', 'b', 'c'].map(read))).toEqual([
    { status: 'fulfilled', value: 'a' },
    { status: 'rejected', reason: new Error('planted') },
    { status: 'fulfilled', value: 'c' },
  ]);
});

test('a failing transaction fails its reads but not the next group', async () => {
  const { read } = open((database, key) => {
    if (key === 'b') database.exec('ROLLBACK');
    return key;
  });
  const failed = await Promise.allSettled(['a', 'b'].map(read));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await read('c')).toBe('c');
});
