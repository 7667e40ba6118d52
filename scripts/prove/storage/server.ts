// A server on a file of its own with a session of each contract, and checks of it during and after a failure of storage.
import { join } from 'node:path';
import { contracts, isGranted, refreshTokenIn, send, type ContractName } from '../../../test/shared/refreshing.ts';
import { claimsOf } from '../../../test/shared/tokens.ts';
import { call, json, type WireAnswer } from '../../../test/shared/wire.ts';
import { comesTrue } from '../../../test/shared/wait.ts';
import type { Context } from '../part.ts';
import { startInstance } from '../instance.ts';

export type StoredServer = Awaited<ReturnType<typeof startStored>>;

export interface Counts {
  requests: number;
  faults: number;
}

/** @param folder of the database */
export async function startStored(context: Context, folder: string, counts: Counts) {
  const file = join(folder, 'refract.db');
  const environment = {
    REFRACT_DB: file,
    REFRACT_BUSY_TIMEOUT: '200',
    REFRACT_MASTER_SECRET: 'a master secret of the storage proof and of nothing else',
    REFRACT_FAILURE_LIMIT: '0',
  };
  const { server, start, end } = await startInstance(context, { folder, environment });
  const tokens = new Map<ContractName, string>();
  for (const contract of contracts) tokens.set(contract, (await server().issue(contract, `${contract} subject`)).token);

  const violate = (when: string, what: string): void => context.violate(`${when}: ${what}`);
  const describe = (contract: ContractName, { status, body }: WireAnswer): string =>
    `${contract} responded ${status} ${body.slice(0, 100)}`;
  /** @returns the response unless it is granted */
  const refresh = async (contract: ContractName): Promise<WireAnswer | undefined> => {
    counts.requests += 1;
    const token = tokens.get(contract) ?? '';
    const response = await send(server().origin, contract, token);
    if (!isGranted(contract, response)) return response;
    if (contract === 'kirjaswappi') return undefined;
    const next = refreshTokenIn(contract, json(response));
    const [before, after] = [claimsOf(token)['gen'], claimsOf(next)['gen']];
    // Refreshes that failed in between changed nothing.
    if (after !== Number(before) + 1) violate(contract, `from generation ${String(before)} to ${String(after)}`);
    tokens.set(contract, next);
    return undefined;
  };
  /** Waits until the server reports a readiness; it checks its store once a second. */
  const waitForReadiness = async (when: string, wanted: number, text: string): Promise<void> => {
    let last = '';
    const isReported = await comesTrue(10, async () => {
      counts.requests += 1;
      const { status, body } = await call(server().adminOrigin, { method: 'GET', path: '/readyz' });
      last = `${status} ${body}`;
      return status === wanted && body.includes(text);
    });
    if (!isReported) violate(when, `/readyz responded ${last}`);
  };

  return {
    ...{ file, server, start, end },
    allGranted: async (when: string): Promise<void> => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        if (refused !== undefined) violate(when, describe(contract, refused));
      }
    },
    /** Expects 503 for every request that needs the disk, no refusal, and that the server reports itself as not ready. */
    allUnavailable: async (when: string): Promise<void> => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        // A static token is renewed without the disk.
        if (refused === undefined && contract === 'kirjaswappi') continue;
        if (refused === undefined) violate(when, `${contract} was granted`);
        else if (refused.status !== 503) violate(when, describe(contract, refused));
      }
      await waitForReadiness(when, 503, 'store: ');
    },
    /** Waits until all contracts are granted again. */
    recovers: async (when: string): Promise<void> => {
      const left = new Set<ContractName>(contracts);
      await comesTrue(30, async () => {
        for (const contract of left) {
          const refused = await refresh(contract);
          if (refused?.status === 503) continue;
          if (refused !== undefined) violate(`${when}, afterwards`, describe(contract, refused));
          left.delete(contract);
        }
        return left.size === 0;
      });
      for (const contract of left) violate(when, `${contract} is not granted again`);
      await waitForReadiness(`${when}, afterwards`, 200, 'ok');
    },
  };
}
