// A PostgreSQL that may lose commits is refused, since otherwise only a crash of the machine shows it.
import { expect, onTestFinished, test, vi } from 'vitest';
import { inspectPostgres } from '../../../src/store/postgres/inspect.ts';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { startEmbedded } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 60_000 });

test('openPostgresStore() refuses each setting that may lose commits', async () => {
  const settings = ['fsync', 'full_page_writes', 'synchronous_commit'];
  const server = await startEmbedded(settings.flatMap((name) => ['-c', `${name}=off`]));
  onTestFinished(server.stop);
  expect((await inspectPostgres(server.url)).unmet).toEqual(
    settings.sort().map((name) => expect.stringMatching(`since ${name} is off; set ${name} on`) as unknown),
  );
  await expect(openPostgresStore({ url: server.url, poolSize: 1 })).rejects.toThrow(/since fsync is off/);
});
