// Removing what is over, batch by batch: once, or again and again beside a running server.
//
// A session's row is kept until its absolute lifetime is over, revoked or not. Every token of it has run out by then
// and is refused before any look-up, so nobody is answered otherwise because the row is gone; until then a reuse is
// still seen as one and the list still says when and why a session was ended. The margin after that is for clocks: of
// several processes one may be ahead.
import type { AuditStore, PurgeEvent, Purged, PurgeStore } from './ports.ts';

/** How long a row is kept after its session's lifetime is over, in seconds: a day. */
export const keptAfterEnd = 86_400;

/** Rows removed in one commit: few enough that refreshes, which share the commit, hardly wait for them. */
export const purgeBatch = 200;

/**
 * Removes everything that has been over for `olderThan` seconds; other writes go on between batches.
 * @throws RefractError `unavailable` where the store cannot write; batches that were reported are removed
 */
export async function purgeAll(
  store: PurgeStore,
  olderThan: number,
  batch: number,
  isGoingOn: () => boolean = () => true,
): Promise<Purged> {
  const total = { sessions: 0, subjects: 0 };
  while (isGoingOn()) {
    const { sessions, subjects } = await store.purge(olderThan, batch);
    total.sessions += sessions;
    total.subjects += subjects;
    if (sessions + subjects < batch) break;
  }
  return total;
}

/** Removes what is older from the audit trail, in batches as well. */
async function cutAll(store: Pick<AuditStore, 'cutAudit'>, retention: number, isGoingOn: () => boolean): Promise<void> {
  while (isGoingOn() && (await store.cutAudit(retention, purgeBatch)) === purgeBatch);
}

/**
 * Purges every `interval` seconds until it is stopped; 0 never does. The audit trail is cut off at the same time.
 * @param auditRetention seconds that an audit event is kept; 0 for ever
 * @returns what stops it, and resolves when no batch is under way any more
 */
export function startPurging(
  store: PurgeStore & Pick<AuditStore, 'cutAudit'>,
  interval: number,
  auditRetention: number,
  emit: (event: PurgeEvent) => void,
): () => Promise<void> {
  if (interval === 0) return () => Promise.resolve();
  let isGoingOn = true;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const purge = async (): Promise<void> => {
    try {
      const purged = await purgeAll(store, keptAfterEnd, purgeBatch, () => isGoingOn);
      if (purged.sessions + purged.subjects > 0) emit({ type: 'purged', ...purged });
      if (auditRetention > 0) await cutAll(store, auditRetention, () => isGoingOn);
    } catch (reason) {
      // Nobody waits for it, so nobody is failed by it; the next time will do.
      emit({ type: 'purge_failed', cause: reason instanceof Error ? reason.message : String(reason) });
    }
    if (isGoingOn) arm();
  };
  // Armed anew when a purge is over, so that two never run side by side.
  const arm = (): void => {
    timer = setTimeout(() => {
      running = purge();
    }, interval * 1_000).unref();
  };
  arm();
  return () => {
    isGoingOn = false;
    clearTimeout(timer);
    return running;
  };
}
