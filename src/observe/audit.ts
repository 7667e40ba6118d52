// The audit trail: what the engine tells, joined with who asked, and what operators did. Written in batches that share
// their commits with whatever else is written; a refresh never waits for it, an operator's action does.
import { v7 as nextId } from 'uuid';
import type { AuditEvent, AuditStore } from '../admin/ports.ts';
import type { EngineEvent } from '../engine/ports.ts';

/** What of a request is known to http alone. */
export interface Caller {
  readonly requestId: string;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

export interface Auditor {
  readonly onEngineEvent: (event: EngineEvent) => void;
  /** Called when a request was answered: what the engine told of it is complete. */
  readonly onAnswered: (caller: Caller) => void;
  /** Resolves once it is on disk, or counted as lost: what it tells of has happened already. */
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
  /** Writes what still waits. */
  readonly flush: () => Promise<void>;
  /** Events that could not be written since the start. */
  readonly lost: () => number;
}

/** Events that may wait: what more there is while the store cannot be written to is counted as lost. */
const mostWaiting = 10_000;

/** Refusals of tokens that prove no session, written in one second at most: anybody can make as many as they like. */
const mostUnproved = 20;

export function createAuditor(store: Pick<AuditStore, 'appendAudit'>): Auditor {
  /** Told by the engine, and not answered yet. */
  const open = new Map<string, Omit<AuditEvent, 'at'>[]>();
  const waiting: Omit<AuditEvent, 'at'>[] = [];
  let writing = Promise.resolve();
  let isWriting = false;
  let isEnding = false;
  let lost = 0;
  let second = 0;
  let unproved = 0;
  const isWanted = (): boolean => {
    const current = Math.floor(Date.now() / 1000);
    if (current !== second) [second, unproved] = [current, 0];
    unproved += 1;
    return unproved <= mostUnproved;
  };

  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, 500);
      try {
        await store.appendAudit(batch);
      } catch {
        // Whoever was refused has been told so; that the store is unavailable is told by the log and the metrics.
        lost += batch.length;
        // Whoever stops a server does not wait for one batch after the other to fail.
        if (isEnding) lost += waiting.splice(0).length;
      }
    }
    isWriting = false;
  };
  /** What operators did is written as soon as the store can be written to again, for a minute. */
  const postponed: Omit<AuditEvent, 'at'>[] = [];
  let timer: NodeJS.Timeout | undefined;
  const again = (written: Omit<AuditEvent, 'at'>, attempts = 60): void => {
    if (isEnding || attempts === 0 || postponed.length >= mostWaiting) {
      lost += 1;
      return;
    }
    postponed.push(written);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const one of postponed.splice(0)) {
        store.appendAudit([one]).catch(() => {
          again(one, attempts - 1);
        });
      }
    }, 1_000).unref();
  };
  const enqueue = (events: readonly Omit<AuditEvent, 'at'>[]): void => {
    if (waiting.length + events.length > mostWaiting) {
      lost += events.length;
      return;
    }
    waiting.push(...events);
    if (!isWriting) writing = writeAll();
  };

  return {
    onEngineEvent: (event) => {
      const written = writtenOf(event);
      if (written === undefined) return;
      // Of tokens that prove nothing so many are written in a second; the metrics count them all.
      if (written.sessionId === undefined && !isWanted()) return;
      const told = open.get(written.requestId ?? '');
      if (told === undefined) open.set(written.requestId ?? '', [written]);
      else told.push(written);
    },
    onAnswered: ({ requestId, address, userAgent }) => {
      const told = open.get(requestId);
      if (told === undefined) return;
      open.delete(requestId);
      enqueue(told.map((event) => ({ ...event, address, userAgent })));
    },
    // Not behind what waits: a flood of refusals must not hold operators up.
    record: async (event) => {
      const written = { ...nothingKnown, id: nextId(), ...event };
      try {
        await store.appendAudit([written]);
      } catch {
        again(written);
      }
    },
    flush: async () => {
      clearTimeout(timer);
      if (postponed.length > 0) await store.appendAudit(postponed.splice(0)).catch(() => (lost += 1));
      isEnding = true;
      for (const told of open.values()) enqueue(told);
      open.clear();
      await writing;
    },
    lost: () => lost,
  };
}

/** An event of which nothing more is known. */
export const nothingKnown = {
  contract: undefined,
  subjectId: undefined,
  sessionId: undefined,
  reason: undefined,
  requestId: undefined,
  address: undefined,
  userAgent: undefined,
  actor: undefined,
};

/** Refreshes that succeed are counted, not written; a session that is issued is written by whoever issues it. */
function writtenOf(event: EngineEvent): Omit<AuditEvent, 'at'> | undefined {
  switch (event.type) {
    case 'refused': {
      const { contract, requestId, refusal, sessionId, subjectId } = event;
      return {
        ...nothingKnown,
        id: nextId(),
        type: 'refused',
        contract,
        requestId,
        sessionId,
        subjectId,
        reason: refusal,
      };
    }
    case 'reused': {
      const { contract, requestId, sessionId, subjectId } = event;
      return { ...nothingKnown, id: nextId(), type: 'reused', contract, requestId, sessionId, subjectId };
    }
    case 'store_behind': {
      const { contract, requestId, sessionId, storedGeneration, presentedGeneration } = event;
      const reason = `generation ${String(presentedGeneration)} was presented, ${String(storedGeneration)} is stored`;
      return { ...nothingKnown, id: nextId(), type: 'store_behind', contract, requestId, sessionId, reason };
    }
    case 'issued':
    case 'refreshed':
    case 'session_throttled':
    case 'unavailable':
      return undefined;
  }
}
