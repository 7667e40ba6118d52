// Databases on the PostgreSQL that all system tests share. A test that breaks a server starts its own.
import { inject, onTestFinished } from 'vitest';
import { createDatabaseOn, queryOnce } from './postgres.ts';

/** Creates a database with the schema and no rows for the running test. @returns its URL */
export function createDatabase(): Promise<string> {
  return droppedLater(createDatabaseOn(inject('postgresUrl'), inject('postgresTemplate')));
}

/** Creates a database without the schema for the running test. @returns its URL */
export function createEmptyDatabase(): Promise<string> {
  return droppedLater(createFileDatabase());
}

/** Creates a database without the schema for all tests of a file. @returns its URL */
export function createFileDatabase(): Promise<string> {
  return createDatabaseOn(inject('postgresUrl'));
}

/** Hooks run in reverse order, so that the test's connections close first. */
async function droppedLater(creating: Promise<string>): Promise<string> {
  onTestFinished(async () => {
    await queryOnce(inject('postgresUrl'), `DROP DATABASE ${new URL(await creating).pathname.slice(1)} WITH (FORCE)`);
  });
  return creating;
}
