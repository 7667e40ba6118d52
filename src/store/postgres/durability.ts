// What PostgreSQL has to promise: a commit that was answered is on disk.
import { StoreError } from '../store-error.ts';
import type { Connections } from './connections.ts';

/** @throws StoreError where a crash of the database could take back what was answered */
export async function checkDurability({ repeatable }: Connections, place: string): Promise<void> {
  const { rows } = await repeatable<{ name: string; setting: string }>({
    text: "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding')",
  });
  for (const { name, setting } of rows) {
    if (name === 'server_encoding' && setting !== 'UTF8') {
      throw new StoreError(`${place} is in ${setting}, which cannot hold every text; make a database in UTF8.`);
    }
    if (setting === 'off') {
      throw new StoreError(
        `${place} answers before a commit is on disk (${name} is off), so a crash of it could bring a revoked session back; set ${name} on.`,
      );
    }
  }
}
