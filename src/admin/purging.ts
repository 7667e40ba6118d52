// Removes expired sessions batch by batch: once, or at intervals beside a running server.
//
// A session's row is kept until its absolute lifetime is over, revoked or not. All its tokens have expired by then and
// are refused before any look-up, so no response changes when the row is gone. Until then reuse is still detected, and
// the list still shows when and why a session was revoked. The margin after that is for clocks that are ahead.
import type { AuditStore, PurgeEvent, Purged, PurgeStore } from './ports.ts';

/** Seconds that a row is kept after its session has expired: a day. */
export const keptAfterEnd = 86_400;

/** Rows removed in one commit: few enough that refreshes, which share it, hardly wait. */
export const purgeBatch = 200;

/**
 * Removes all that expired `olderThan` seconds ago; other writes continue between batches.
 * @throws RefractError `unavailable` where the store cannot write; earlier batches are removed
 */
export async function purgeAll(
  store: PurgeStore,
  olderThan: number,
  batch: number,
  canContinue: () => boolean = () => true,
): Promise<Purged> {
  const total = { sessions: 0, subjects: 0 };
  while (canContinue()) {
    const { sessions, subjects } = await store.purge(olderThan, batch);
    total.sessions += sessions;
    total.subjects += subjects;
    if (sessions + subjects < batch) break;
  }
  return total;
}

/**
 * Purges every `interval` seconds until it is stopped; 0 never does. Old audit events are removed at the same time.
 * @param auditRetention seconds that an audit event is kept; 0 for ever
 * @returns what stops it, and resolves when no batch is in flight
 */
export function startPurging(
  store: PurgeStore & Pick<AuditStore, 'cutAudit'>,
  interval: number,
  auditRetention: number,
  emit: (event: PurgeEvent) => void,
): () => Promise<void> {
  if (interval === 0) return () => Promise.resolve();
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const purge = async (): Promise<void> => {
    try {
      const purged = await purgeAll(store, keptAfterEnd, purgeBatch, () => !isStopped);
      if (purged.sessions + purged.subjects > 0) emit({ type: 'purged', ...purged });
      if (auditRetention === 0) return;
      while (!isStopped && (await store.cutAudit(auditRetention, purgeBatch)) === purgeBatch);
    } catch (reason) {
      // The next purge tries again.
      emit({ type: 'purge_failed', cause: reason instanceof Error ? reason.message : String(reason) });
    } finally {
      if (!isStopped) arm();
    }
  };
  // Armed again only after a purge, so that two never run side by side.
  const arm = (): void => {
    timer = setTimeout(() => {
      running = purge();
    }, interval * 1_000).unref();
  };
  arm();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    return running;
  };
}
