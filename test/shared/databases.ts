// Databases of the PostgreSQL that all system tests share. A test that breaks a server starts its own.
import { inject, onTestFinished } from 'vitest';
import { createDatabaseOn, queryOnce } from './postgres.ts';

/** Makes a database with the schema and no rows, for the running test. @returns its address */
export function createDatabase(): Promise<string> {
  return droppedLater(createDatabaseOn(inject('postgresUrl'), inject('postgresTemplate')));
}

/** Makes a database without the schema, for the running test. @returns its address */
export function createEmptyDatabase(): Promise<string> {
  return droppedLater(createFileDatabase());
}

/** Makes a database without the schema, for all tests of a file. @returns its address */
export function createFileDatabase(): Promise<string> {
  return createDatabaseOn(inject('postgresUrl'));
}

/** Hooks run in reverse order, so that whatever the test opens on it is closed before. */
async function droppedLater(creating: Promise<string>): Promise<string> {
  onTestFinished(async () => {
    await queryOnce(inject('postgresUrl'), `DROP DATABASE ${new URL(await creating).pathname.slice(1)} WITH (FORCE)`);
  });
  return creating;
}
