// The pages that operators read without a token: metrics, readiness, the status page and the reference of the admin
// contract. None of them names a subject, a session or a token.
import { statusPages } from '../console/console.ts';
import type { ServerStatus } from '../console/model.ts';
import type { Store } from '../store/store.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { Page } from '../http/types.ts';
import { cached } from '../observe/cached.ts';
import { createHistory, slotCount, slotLength } from '../observe/history.ts';
import { createMetrics } from '../observe/metrics.ts';
import type { Measuring } from '../observe/measuring.ts';
import type { OpenedStore } from './open.ts';
import { createReadiness, type Check, type ReadinessParts } from '../observe/readiness.ts';

export interface AdminPagesParts extends Omit<ReadinessParts, 'contracts' | 'store'> {
  readonly contracts: readonly { readonly name: string; readonly title: string }[];
  readonly store: Pick<Store, 'probe' | 'count' | 'readKeySets'>;
  /** Begins to measure: earlier events are in no figure. */
  readonly measuring: Pick<Measuring, 'begin'>;
  readonly pool: OpenedStore['pool'];
  /** Audit events that could not be written since the start. */
  readonly lost: () => number;
  /** The origin of a mock of the admin contract. */
  readonly mockOrigin: string | undefined;
}

/** Milliseconds. Counting reads every session there is. */
const countPeriod = 5_000;

/** Begins to measure. @returns the pages beside an admin contract */
export function adminPages(parts: AdminPagesParts): (admin: ContractDocument) => readonly Page[] {
  const { contracts, store, measuring, pool, lost, mockOrigin } = parts;
  const names = contracts.map(({ name }) => name);
  const readiness = createReadiness({ ...parts, contracts: names });
  const count = cached(countPeriod, () => store.count());
  const readKeySets = cached(countPeriod, () => store.readKeySets());
  const history = createHistory(names);
  const metrics = createMetrics(names, { count, readKeySets, lost, readiness, pool });
  measuring.begin(metrics, history);
  const startedAt = Math.floor(Date.now() / 1000);

  const read = async (): Promise<ServerStatus> => {
    const [checks, counts] = await Promise.all([readiness(), count().catch(() => undefined)]);
    return {
      now: Math.floor(Date.now() / 1000),
      startedAt,
      checks: checks.map(({ part, trouble }) => ({ part, trouble: trouble ?? null })),
      lost: lost(),
      history: { begin: history.begin(), slotLength, slotCount },
      contracts: contracts.map(({ name, title }) => ({
        name,
        title,
        activeSessions: counts && (counts.contracts.find(({ contract }) => contract === name)?.living ?? 0),
        series: history.read(name),
      })),
    };
  };
  const machinePages = [
    { path: '/metrics', mediaType: metrics.mediaType, headers: unstored, read: () => metrics.text() },
    {
      path: '/readyz',
      mediaType: 'text/plain',
      headers: unstored,
      read: async () => readinessAnswer(await readiness()),
    },
  ];
  return (admin) => [...machinePages, ...statusPages({ contracts, admin, mockOrigin, read })];
}

const unstored = { 'Cache-Control': 'no-store' };

function readinessAnswer(checks: readonly Check[]): { readonly status: number; readonly content: string } {
  const lines = checks.flatMap(({ part, trouble }) => (trouble === undefined ? [] : [`${part}: ${trouble}\n`]));
  return lines.length === 0 ? { status: 200, content: 'ok\n' } : { status: 503, content: lines.join('') };
}
