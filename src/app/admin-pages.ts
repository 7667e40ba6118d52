// The pages for operators that need no token: metrics, readiness, the status page and the reference of the admin contract.
// None of them names a subject, a session or a token.
import { statusPages } from '../console/console.ts';
import type { ServerStatus } from '../console/model.ts';
import type { Store } from '../store/store.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { Page } from '../http/types.ts';
import { createMetrics } from '../observe/metrics.ts';
import { createHistory, slotCount, slotLength, type Meter } from '../observe/outcomes.ts';
import { cacheFor, createReadiness, type Check, type ReadinessParts } from '../observe/readiness.ts';
import type { OpenedStore } from './open.ts';

export interface AdminPagesParts extends Omit<ReadinessParts, 'contracts' | 'store'> {
  readonly contracts: readonly { readonly name: string; readonly title: string }[];
  readonly store: Pick<Store, 'probe' | 'count' | 'readKeySets'>;
  /** Started with the pages; earlier events are not counted. */
  readonly meter: Pick<Meter, 'start'>;
  readonly pool: OpenedStore['pool'];
  /** Returns the number of audit events lost since the start. */
  readonly lost: () => number;
  /** The origin of a mock of the admin contract. */
  readonly mockOrigin: string | undefined;
}

/** Counting reads all sessions, so its result is cached for this time. */
const countPeriodMs = 5_000;

/** Starts the meter. @returns the pages of an admin document */
export function adminPages(parts: AdminPagesParts): (admin: ContractDocument) => readonly Page[] {
  const { contracts, store, meter, pool, lost, mockOrigin } = parts;
  const names = contracts.map(({ name }) => name);
  const readiness = createReadiness({ ...parts, contracts: names });
  const count = cacheFor(countPeriodMs, () => store.count());
  const readKeySets = cacheFor(countPeriodMs, () => store.readKeySets());
  const history = createHistory(names);
  const metrics = createMetrics(names, { count, readKeySets, lost, readiness, pool });
  meter.start(metrics, history);
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
    { path: '/metrics', mediaType: metrics.mediaType, headers: noStore, read: () => metrics.text() },
    {
      path: '/readyz',
      mediaType: 'text/plain',
      headers: noStore,
      read: async () => readinessPage(await readiness()),
    },
  ];
  return (admin) => [...machinePages, ...statusPages({ contracts, admin, mockOrigin, read })];
}

const noStore = { 'Cache-Control': 'no-store' };

function readinessPage(checks: readonly Check[]): { readonly status: number; readonly content: string } {
  const lines = checks.flatMap(({ part, trouble }) => (trouble === undefined ? [] : [`${part}: ${trouble}\n`]));
  return lines.length === 0 ? { status: 200, content: 'ok\n' } : { status: 503, content: lines.join('') };
}
