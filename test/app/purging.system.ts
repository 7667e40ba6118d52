// A running server purges expired sessions while it refreshes others.
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { compose } from '../../src/app/app.ts';
import { endedSessionRetention } from '../../src/admin/purge.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { readConfig } from '../../src/config.ts';
import type { PurgeEvent } from '../../src/admin/ports.ts';
import { noDetails } from '../shared/cli.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { refresh } from '../shared/refreshing.ts';

test('expired sessions are purged during refreshes, and no active session is lost', async () => {
  const contracts = await loadContracts();
  const names = contracts.map(({ name }) => name);
  const environment = { REFRACT_PURGE_INTERVAL: '1', REFRACT_FIB_SESSION_LIFETIME: '10' };
  const config = readConfig(names, { port: '0', database: join(temporaryFolder(), 'r.db') }, environment);
  const clock = { now: 1_700_000_000 };
  const purges: PurgeEvent[] = [];
  const refract = await compose(config, contracts, {
    clock: () => clock.now,
    onPurgeEvent: (event) => purges.push(event),
  });
  onTestFinished(refract.close);
  await refract.store.putSubject('bob', noDetails);
  await Promise.all(Array.from({ length: 1_000 }, () => refract.issue('fib', 'bob')));
  clock.now += 10 + endedSessionRetention;
  const origin = await refract.listen({ contract: 'xerial' });

  const living = await Promise.all(Array.from({ length: 4 }, () => refract.issue('xerial', 'bob')));
  let isOver = false;
  const chains = living.map(async (issued) => {
    if (issued.kind === 'refused') throw new Error(issued.refusal);
    let token = issued.grant.refresh.token;
    while (!isOver) token = await refresh(origin, 'xerial', token);
  });
  await vi.waitUntil(() => purges.length > 0, { timeout: 10_000 });
  isOver = true;
  await Promise.all(chains);
  expect(purges).toEqual([{ type: 'purged', sessions: 1_000, subjects: 0 }]);
  const left = await refract.store.listSessions({});
  expect(left.map(({ contract }) => contract)).toEqual(Array(4).fill('xerial'));
});
