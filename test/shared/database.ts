// Direct access to a SQLite file, without the store.
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

export { damage } from './provoking.ts';

/** Opens a connection that is closed after the running test. Does not wait for locks. */
export function connectTo(file: string): Database.Database {
  const connection = new Database(file, { timeout: 0 });
  onTestFinished(() => {
    connection.close();
  });
  return connection;
}

/** Executes SQL without the store. */
export function change(file: string, sql: string): void {
  new Database(file).exec(sql).close();
}

/** Returns the schema version of a file. */
export function schemaIn(file: string): number {
  const connection = new Database(file);
  const version = Number(connection.pragma('user_version', { simple: true }));
  connection.close();
  return version;
}

/** Undoes the last migration, as an older release leaves a file. @returns the schema version */
export function takeLastStepBack(file: string): number {
  const older = schemaIn(file) - 1;
  const indexes = ['session', 'subject', 'type', 'contract'].map((column) => `DROP INDEX audit_by_${column};`);
  change(file, `${indexes.join(' ')} PRAGMA user_version = ${String(older)}`);
  return older;
}
