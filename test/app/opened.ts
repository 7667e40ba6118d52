// A server with an engine thread and both ports open.
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createAdminClient } from '../../generated/admin.client.ts';
import { compose } from '../../src/app/app.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import type { ComposeOptions, Refract } from '../../src/app/refract.ts';
import { readConfig, type Config } from '../../src/config.ts';
import type { EngineEvent } from '../../src/engine/ports.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { isGranted, refreshTokenIn, send, type ContractName } from '../shared/refreshing.ts';
import { json, type WireAnswer } from '../shared/wire.ts';

export const contracts = await loadContracts();
const adminToken = 'an-admin-token-that-is-only-for-tests';

export interface Opened {
  readonly refract: Refract;
  readonly origin: string;
  readonly adminOrigin: string;
  readonly admin: ReturnType<typeof createAdminClient>['client'];
  readonly database: string;
  readonly events: readonly EngineEvent[];
  readonly issue: (contract: ContractName) => Promise<{ readonly token: string; readonly sessionId: string }>;
}

/** Opens a server with an engine thread; closed at the end of the test. */
export async function opened(environment: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const database = join(temporaryFolder(), 'r.db');
  const events: EngineEvent[] = [];
  const options: ComposeOptions = { hasEngineThread: true, onEngineEvent: (event) => events.push(event) };
  const refract = await compose(configFor(database, environment), contracts, options);
  onTestFinished(refract.close);
  const adminOrigin = await refract.listenAdmin();
  const origin = await refract.listen(undefined, { demo: true });
  const { client } = createAdminClient(adminOrigin, { headers: { authorization: `Bearer ${adminToken}` } });
  await refract.store.putSubject('bob', { email: 'bob@mail.com', account: undefined, role: undefined });
  return {
    refract,
    origin,
    adminOrigin,
    admin: client,
    database,
    events,
    issue: async (contract) => {
      const issued = await refract.issue(contract, 'bob');
      if (issued.kind === 'refused') throw new Error(issued.refusal);
      return { token: issued.grant.refresh.token, sessionId: issued.session.id };
    },
  };
}

export function configFor(database: string, environment: Readonly<Record<string, string>> = {}, port = '0'): Config {
  return readConfig(
    contracts.map(({ name }) => name),
    { port, adminPort: '0', database },
    { REFRACT_ADMIN_TOKEN: adminToken, ...environment },
  );
}

/** Expects a refresh, a repeat with the same successor, and a refresh of that. Resolves with the newest token. */
export async function expectRefreshing(origin: string, contract: ContractName, token: string): Promise<string> {
  const first = await send(origin, contract, token);
  expect(isGranted(contract, first)).toBe(true);
  const again = await send(origin, contract, token);
  expect(isGranted(contract, again)).toBe(true);
  // Static tokens have no successor. Other successors are compared without the seconds left.
  const successorIn = (answer: WireAnswer): string =>
    contract === 'kirjaswappi' ? token : refreshTokenIn(contract, json(answer));
  expect(successorIn(again)).toBe(successorIn(first));
  const next = await send(origin, contract, successorIn(first));
  expect(isGranted(contract, next)).toBe(true);
  return successorIn(next);
}
