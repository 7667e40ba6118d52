// What PostgreSQL has to promise: a commit that was answered is on disk, and every text comes back as it was.
import { RefractError } from '../../errors.ts';
import type { Connections, Run } from './connections.ts';

/** @throws RefractError `store` where a promise is not given */
export async function checkPromises({ repeatable }: Connections, place: string): Promise<void> {
  const [sentence] = await unmetPromises(repeatable, place);
  if (sentence !== undefined) throw new RefractError('store', sentence);
}

/** One sentence for each promise that the database does not give. */
export async function unmetPromises(run: Run, place: string): Promise<readonly string[]> {
  const { rows } = await run<{ name: string; setting: string }>({ text: unmet });
  return rows.map(({ name, setting }) =>
    name === 'server_encoding'
      ? `${place} is in ${setting}, which cannot hold every text; make a database in UTF8.`
      : `${place} answers before a commit is on disk (${name} is off), so a crash of it could bring a revoked session back; set ${name} on.`,
  );
}

const unmet = `SELECT name, setting FROM pg_settings
  WHERE (name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off')
     OR (name = 'server_encoding' AND setting <> 'UTF8')
  ORDER BY name`;
