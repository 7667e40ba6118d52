// A SQLite file seen past the store: what another program does to it, and what is really in it.
import Database from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** Opens a connection of its own, which is closed when the running test is over. Waits for no lock. */
export function connectTo(file: string): Database.Database {
  const connection = new Database(file, { timeout: 0 });
  onTestFinished(() => {
    connection.close();
  });
  return connection;
}

/** Changes something past the store, by a connection that is closed then. */
export function change(file: string, sql: string): void {
  new Database(file).exec(sql).close();
}

/** Damages the table of sessions; header and schema stay as they are. */
export function damage(file: string): void {
  const connection = new Database(file);
  const size = Number(connection.pragma('page_size', { simple: true }));
  const page = Number(connection.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'session'").pluck().get());
  connection.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xff, (page - 1) * size, page * size));
}

/** The schema that a file has. */
export function schemaIn(file: string): number {
  const connection = new Database(file);
  const version = Number(connection.pragma('user_version', { simple: true }));
  connection.close();
  return version;
}

/** Takes the last step of the schema back, as a release before it has left a file. Returns the schema it has then. */
export function takeLastStepBack(file: string): number {
  const older = schemaIn(file) - 1;
  const indexes = ['session', 'subject', 'type', 'contract'].map((column) => `DROP INDEX audit_by_${column};`);
  change(file, `${indexes.join(' ')} PRAGMA user_version = ${String(older)}`);
  return older;
}
