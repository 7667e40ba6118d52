// An import concurrent with the deletion of its subject.
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { createDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

test('importRows() adds no session to a subject that is deleted meanwhile', async () => {
  const url = await createDatabase();
  const store = await openPostgresStore({ url, poolSize: 2 });
  onTestFinished(() => store.close());
  await store.putSubject('bob', { email: undefined, account: undefined, role: undefined });
  const deleting = new pg.Client(url);
  await deleting.connect();
  onTestFinished(() => deleting.end());
  await deleting.query(`BEGIN; UPDATE refract.subject SET deleted_at = refract.now() WHERE id = 'bob'`);
  let isOver = false;
  const times = { createdAt: 1, expiresAt: 2_000_000_000, tokenExpiresAt: 2_000_000_000 };
  const session = { kind: 'session', id: 'imported', contract: 'fib', policy: 'single-use', subjectId: 'bob' } as const;
  const importing = store
    .importRows([{ ...session, ...times, keyId: 'key', label: undefined, tokenHash: 'a hash' }], false)
    .finally(() => {
      isOver = true;
    });
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await vi.waitUntil(async () => isOver || (await queryOnce(url, waiting)).length > 0, { timeout: 10_000 });
  await deleting.query('COMMIT');
  expect(await importing).toEqual(['missing_subject']);
  expect(await store.listSessions({})).toEqual([]);
});
