// The audit trail: events of the engine with their caller, and actions of operators. Events are written in batches that
// share commits with other writes. A refresh does not wait for its events; an operator's action does.
import { v7 as nextId } from 'uuid';
import type { AuditEvent, AuditStore } from '../admin/ports.ts';
import type { EngineEvent } from '../engine/ports.ts';

/** The caller of a request. */
export interface Caller {
  readonly requestId: string;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
}

type NewEvent = Omit<AuditEvent, 'at'>;

export interface Auditor {
  readonly onEngineEvent: (event: EngineEvent) => void;
  /** Called after the response of a request: all its engine events have arrived. */
  readonly onAnswered: (caller: Caller) => void;
  /** Resolves once the event is on disk or counted as lost; it never rejects, since the action has happened. */
  readonly record: (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => Promise<void>;
  /** Writes all queued events. */
  readonly flush: () => Promise<void>;
  /** Returns the number of events lost since the start. */
  readonly lost: () => number;
}

/** While the store is unavailable, events above this number are lost. */
const maxQueued = 10_000;

const batchSize = 500;

/** Refusals of tokens that prove no session, written per second: a caller can cause any number of them. */
const maxUnprovedPerSecond = 20;

/** Writes of an operator's action, one each second. */
const maxAttempts = 60;

export function createAuditor(store: Pick<AuditStore, 'appendAudit'>): Auditor {
  /** By request without a response yet. */
  const pending = new Map<string, NewEvent[]>();
  const queue: NewEvent[] = [];
  let writing = Promise.resolve();
  let isWriting = false;
  let isEnding = false;
  let lost = 0;
  let second = 0;
  let unproved = 0;
  const canWriteUnproved = (): boolean => {
    const current = Math.floor(Date.now() / 1000);
    if (current !== second) [second, unproved] = [current, 0];
    unproved += 1;
    return unproved <= maxUnprovedPerSecond;
  };

  const writeQueue = async (): Promise<void> => {
    isWriting = true;
    while (queue.length > 0) {
      const batch = queue.splice(0, batchSize);
      try {
        await store.appendAudit(batch);
      } catch {
        // Log and metrics report that the store is unavailable.
        lost += batch.length;
        // A stop does not wait for every batch to fail.
        if (isEnding) lost += queue.splice(0).length;
      }
    }
    isWriting = false;
  };
  /** Actions of operators whose write has failed. */
  const retries: NewEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const retry = (event: NewEvent, attempts = maxAttempts): void => {
    if (isEnding || attempts === 0 || retries.length >= maxQueued) {
      lost += 1;
      return;
    }
    retries.push(event);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const next of retries.splice(0)) {
        store.appendAudit([next]).catch(() => {
          retry(next, attempts - 1);
        });
      }
    }, 1_000).unref();
  };
  const enqueue = (events: readonly NewEvent[]): void => {
    if (queue.length + events.length > maxQueued) {
      lost += events.length;
      return;
    }
    queue.push(...events);
    if (!isWriting) writing = writeQueue();
  };

  return {
    onEngineEvent: (event) => {
      const audited = auditEventOf(event);
      if (audited === undefined) return;
      if (audited.sessionId === undefined && !canWriteUnproved()) return;
      const requestId = audited.requestId ?? '';
      const events = pending.get(requestId);
      if (events === undefined) pending.set(requestId, [audited]);
      else events.push(audited);
    },
    onAnswered: ({ requestId, address, userAgent }) => {
      const events = pending.get(requestId);
      if (events === undefined) return;
      pending.delete(requestId);
      enqueue(events.map((event) => ({ ...event, address, userAgent })));
    },
    // Bypasses the queue: a flood of refusals must not delay operators.
    record: async (event) => {
      const audited = { ...emptyEvent, id: nextId(), ...event };
      try {
        await store.appendAudit([audited]);
      } catch {
        retry(audited);
      }
    },
    flush: async () => {
      clearTimeout(timer);
      if (retries.length > 0) await store.appendAudit(retries.splice(0)).catch(() => (lost += 1));
      isEnding = true;
      for (const events of pending.values()) enqueue(events);
      pending.clear();
      await writing;
    },
    lost: () => lost,
  };
}

/** An event without any details. */
export const emptyEvent = {
  contract: undefined,
  subjectId: undefined,
  sessionId: undefined,
  reason: undefined,
  requestId: undefined,
  address: undefined,
  userAgent: undefined,
  actor: undefined,
};

/** Returns the audit event of an engine event, if there is one. The caller of `issue` writes the event of a new session. */
function auditEventOf(event: EngineEvent): NewEvent | undefined {
  switch (event.type) {
    case 'refused':
    case 'reused': {
      const { type, contract, requestId, sessionId, subjectId } = event;
      const reason = event.type === 'refused' ? event.refusal : undefined;
      return { ...emptyEvent, id: nextId(), type, contract, requestId, sessionId, subjectId, reason };
    }
    case 'store_behind': {
      const { type, contract, requestId, sessionId, storedGeneration, presentedGeneration } = event;
      const reason = `generation ${String(presentedGeneration)} was presented, ${String(storedGeneration)} is stored`;
      return { ...emptyEvent, id: nextId(), type, contract, requestId, sessionId, reason };
    }
    case 'issued':
    case 'refreshed':
    case 'session_throttled':
    case 'unavailable':
      return undefined;
  }
}
