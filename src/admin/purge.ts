// Removes expired sessions in batches: once, or at intervals while a server runs. The README says when a row may go.
import type { AuditStore, PurgeEvent, PurgeResult, PurgeStore } from './ports.ts';

/** Seconds that the row of an expired session is kept: a day, for clocks that are ahead. */
export const endedSessionRetention = 86_400;

/** Rows removed in one commit. Refreshes share the commit, so the batch is small. */
export const purgeBatchSize = 200;

/**
 * Removes everything that expired at least `olderThan` seconds ago. Other writes run between the batches.
 * @throws RefractError `unavailable` when the store cannot write; earlier batches stay removed
 */
export async function purgeAll(
  store: PurgeStore,
  olderThan: number,
  batchSize: number,
  canContinue: () => boolean = () => true,
): Promise<PurgeResult> {
  const total = { sessions: 0, subjects: 0 };
  while (canContinue()) {
    const { sessions, subjects } = await store.purge(olderThan, batchSize);
    total.sessions += sessions;
    total.subjects += subjects;
    if (sessions + subjects < batchSize) break;
  }
  return total;
}

/**
 * Purges expired sessions and old audit events every `interval` seconds; 0 disables it.
 * @param auditRetention seconds that audit events are kept; 0 keeps them forever
 * @returns a function that stops the schedule and resolves when no batch is in flight
 */
export function schedulePurge(
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
      const purged = await purgeAll(store, endedSessionRetention, purgeBatchSize, () => !isStopped);
      if (purged.sessions + purged.subjects > 0) emit({ type: 'purged', ...purged });
      if (auditRetention === 0) return;
      while (!isStopped && (await store.cutAudit(auditRetention, purgeBatchSize)) === purgeBatchSize);
    } catch (reason) {
      // The next purge retries.
      emit({ type: 'purge_failed', cause: reason instanceof Error ? reason.message : String(reason) });
    } finally {
      if (!isStopped) schedule();
    }
  };
  // Schedules the next purge only after the last one, so that two never overlap.
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = purge();
    }, interval * 1_000).unref();
  };
  schedule();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    return running;
  };
}
