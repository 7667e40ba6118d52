// A server on a file of its own with a session of each contract, and what must be so while its storage fails and after.
import { join } from 'node:path';
import { contracts, isGranted, refreshTokenIn, send, type ContractName } from '../../../test/shared/refreshing.ts';
import { claimsOf } from '../../../test/shared/tokens.ts';
import { call, json } from '../../../test/shared/wire.ts';
import { pause } from '../chains.ts';
import { startProcess, type ServerProcess } from '../serving.ts';

export interface Served {
  readonly file: string;
  readonly server: () => ServerProcess;
  /** Everybody once: all are granted. */
  readonly allGranted: (when: string) => Promise<void>;
  /** Nobody is refused, whatever needs the disk is told to wait, and the server says that it is not ready. */
  readonly allToldToWait: (when: string) => Promise<void>;
  /** Without anybody's help. */
  readonly recovers: (when: string) => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface Findings {
  requests: number;
  faults: number;
  readonly violations: string[];
}

/** Milliseconds that a server waits for another writer. */
const busyTimeout = 200;

export async function serve(tree: string, folder: string, findings: Findings): Promise<Served> {
  const file = join(folder, 'refract.db');
  const environment = {
    REFRACT_DB: file,
    REFRACT_BUSY_TIMEOUT: String(busyTimeout),
    REFRACT_MASTER_SECRET: 'a master secret of the storage proof and of nothing else',
    REFRACT_FAILURE_LIMIT: '0',
  };
  const begin = (): Promise<ServerProcess> => startProcess({ tree, folder, environment });
  let server = await begin();
  const tokens = new Map<ContractName, string>();
  for (const contract of contracts) tokens.set(contract, (await server.issue(contract, `${contract} subject`)).token);

  const violate = (when: string, what: string): void => void findings.violations.push(`${when}: ${what}`);
  const refresh = async (contract: ContractName) => {
    findings.requests += 1;
    const token = tokens.get(contract) ?? '';
    const answer = await send(server.origin, contract, token);
    if (!isGranted(contract, answer)) return answer;
    if (contract !== 'kirjaswappi') {
      const next = refreshTokenIn(contract, json(answer));
      const [before, after] = [claimsOf(token)['gen'], claimsOf(next)['gen']];
      // Whatever failed in between has changed nothing: it goes on from where it was.
      if (after !== Number(before) + 1) violate(contract, `from generation ${String(before)} to ${String(after)}`);
      tokens.set(contract, next);
    }
    return undefined;
  };
  /** Asks until it answers so: it asks the store itself once in a second. */
  const readiness = async (when: string, wanted: number, text: string): Promise<void> => {
    findings.requests += 1;
    const until = performance.now() + 10_000;
    for (;;) {
      const { status, body } = await call(server.adminOrigin, { method: 'GET', path: '/readyz' });
      if (status === wanted && body.includes(text)) return;
      if (performance.now() > until) return violate(when, `/readyz answered ${String(status)} ${body}`);
      await pause(50);
    }
  };

  return {
    file,
    server: () => server,
    allGranted: async (when) => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        if (refused !== undefined) violate(when, `${contract} answered ${String(refused.status)} ${refused.body}`);
      }
    },
    allToldToWait: async (when) => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        // Static tokens are renewed without a word to the disk.
        if (refused === undefined && contract === 'kirjaswappi') continue;
        const { status = 200, headers = {}, body = '' } = refused ?? {};
        const isText = headers['content-type']?.startsWith('text/plain') === true;
        if (status === 503 && isText && /^\d+$/.test(headers['retry-after'] ?? '')) continue;
        violate(when, `${contract} answered ${String(status)} ${body.slice(0, 100)}`);
      }
      await readiness(when, 503, 'store: ');
    },
    recovers: async (when) => {
      const until = performance.now() + 30_000;
      const left = new Set<ContractName>(contracts);
      while (left.size > 0 && performance.now() < until) {
        for (const contract of left) {
          const refused = await refresh(contract);
          if (refused === undefined) left.delete(contract);
          else if (refused.status !== 503) {
            violate(when, `${contract} answered ${String(refused.status)} ${refused.body.slice(0, 100)} afterwards`);
            left.delete(contract);
          }
        }
        await pause(100);
      }
      for (const contract of left) violate(when, `${contract} is not granted again`);
      await readiness(`${when}, afterwards`, 200, 'ok');
    },
    stop: () => server.stop(),
    kill: () => server.kill('SIGKILL'),
    start: async () => {
      server = await begin();
    },
  };
}
