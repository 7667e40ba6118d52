// Reads that are asked for at once share a transaction, and stand or fall as each of them should.
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { readingTogether } from '../../../src/store/sqlite/reading.ts';

/** A read that gives back its key, with what the database was told to do. */
function open(readOne: (database: Database.Database, key: string) => string) {
  const said: string[] = [];
  const database = new Database(':memory:', { verbose: (text) => said.push(String(text)) });
  onTestFinished(() => {
    database.close();
  });
  return { said, read: readingTogether(database, (key) => readOne(database, key)) };
}

test('those of one turn share a transaction, and each gets its own', async () => {
  const { said, read } = open((database, key) => (database.inTransaction ? key : 'outside'));
  expect(await Promise.all(['a', 'b', 'c'].map(read))).toEqual(['a', 'b', 'c']);
  expect(said).toEqual(['BEGIN', 'COMMIT']);
  expect(await read('d')).toBe('d');
  expect(said).toEqual(['BEGIN', 'COMMIT', 'BEGIN', 'COMMIT']);
});

test('one that fails fails alone', async () => {
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

test('a transaction that fails fails them all, and not the next', async () => {
  const { read } = open((database, key) => {
    if (key === 'b') database.exec('ROLLBACK');
    return key;
  });
  const failed = await Promise.allSettled(['a', 'b'].map(read));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await read('c')).toBe('c');
});
