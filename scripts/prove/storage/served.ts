// A server on a file of its own with a session of each contract, and what must hold while its storage fails and after.
import { join } from 'node:path';
import { contracts, isGranted, refreshTokenIn, send, type ContractName } from '../../../test/shared/refreshing.ts';
import { claimsOf } from '../../../test/shared/tokens.ts';
import { call, json, type WireAnswer } from '../../../test/shared/wire.ts';
import { pause } from '../chains.ts';
import type { Context } from '../part.ts';
import { startInstance } from '../serving.ts';

export type Served = Awaited<ReturnType<typeof serve>>;

export interface Findings {
  requests: number;
  faults: number;
  readonly violations: string[];
}

/** @param place where its file is, in the part's folder */
export async function serve(context: Context, place: string, findings: Findings) {
  const file = join(place, 'refract.db');
  const environment = {
    REFRACT_DB: file,
    REFRACT_BUSY_TIMEOUT: '200',
    REFRACT_MASTER_SECRET: 'a master secret of the storage proof and of nothing else',
    REFRACT_FAILURE_LIMIT: '0',
  };
  const { server, start, end } = await startInstance(context, { folder: place, environment });
  const tokens = new Map<ContractName, string>();
  for (const contract of contracts) tokens.set(contract, (await server().issue(contract, `${contract} subject`)).token);

  const violate = (when: string, what: string): void => void findings.violations.push(`${when}: ${what}`);
  const answered = (contract: ContractName, { status, body }: WireAnswer): string =>
    `${contract} answered ${status} ${body.slice(0, 100)}`;
  /** @returns the response where it is not granted */
  const refresh = async (contract: ContractName): Promise<WireAnswer | undefined> => {
    findings.requests += 1;
    const token = tokens.get(contract) ?? '';
    const answer = await send(server().origin, contract, token);
    if (!isGranted(contract, answer)) return answer;
    if (contract === 'kirjaswappi') return undefined;
    const next = refreshTokenIn(contract, json(answer));
    const [before, after] = [claimsOf(token)['gen'], claimsOf(next)['gen']];
    // Nothing that failed in between has changed anything.
    if (after !== Number(before) + 1) violate(contract, `from generation ${String(before)} to ${String(after)}`);
    tokens.set(contract, next);
    return undefined;
  };
  /** Waits for a readiness: a server asks its store once a second. */
  const readiness = async (when: string, wanted: number, text: string): Promise<void> => {
    findings.requests += 1;
    const until = performance.now() + 10_000;
    for (;;) {
      const { status, body } = await call(server().adminOrigin, { method: 'GET', path: '/readyz' });
      if (status === wanted && body.includes(text)) return;
      if (performance.now() > until) return violate(when, `/readyz answered ${status} ${body}`);
      await pause(50);
    }
  };

  return {
    ...{ file, server, start, end },
    allGranted: async (when: string): Promise<void> => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        if (refused !== undefined) violate(when, answered(contract, refused));
      }
    },
    /** No token is refused, whatever needs the disk is answered 503, and the server reports that it is not ready. */
    allUnavailable: async (when: string): Promise<void> => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        // A static token is renewed without the disk.
        if (refused === undefined && contract === 'kirjaswappi') continue;
        if (refused === undefined) violate(when, `${contract} was granted`);
        else if (refused.status !== 503) violate(when, answered(contract, refused));
      }
      await readiness(when, 503, 'store: ');
    },
    /** Resolves when all are granted again, by themselves. */
    recovers: async (when: string): Promise<void> => {
      const until = performance.now() + 30_000;
      const left = new Set<ContractName>(contracts);
      while (left.size > 0 && performance.now() < until) {
        for (const contract of left) {
          const refused = await refresh(contract);
          if (refused !== undefined && refused.status !== 503)
            violate(`${when}, afterwards`, answered(contract, refused));
          if (refused?.status !== 503) left.delete(contract);
        }
        await pause(100);
      }
      for (const contract of left) violate(when, `${contract} is not granted again`);
      await readiness(`${when}, afterwards`, 200, 'ok');
    },
  };
}
