// A SQLite file seen past the store: what another program does to it, and what is really in it.
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';

/** Opens a connection of its own, which is closed when the running test is over. Waits for no lock. */
export function connectTo(file: string): Database.Database {
  const connection = new Database(file, { timeout: 0 });
  onTestFinished(() => {
    connection.close();
  });
  return connection;
}
