// Measures reads, signatures and outcomes, from the first listener of metrics on. Until then nothing is slower for it.
import type { EngineEvent } from '../engine/ports.ts';
import type { Store } from '../store/store.ts';
import type { HttpEvent } from '../http/types.ts';
import type { History } from './history.ts';
import type { Metrics } from './metrics.ts';
import { joinOutcomes } from './outcomes.ts';
import type { PublishingSigner } from '../signer/signer.ts';
import type { GroupCommitted } from '../store/sqlite.ts';

export interface Measuring {
  /** From now on these are told. */
  readonly begin: (metrics: Metrics, history: History) => void;
  readonly onEngineEvent: (event: EngineEvent) => void;
  readonly onHttpEvent: (event: HttpEvent) => void;
  readonly onAdminEvent: (event: HttpEvent) => void;
  readonly onCommit: (group: GroupCommitted) => void;
  /** What was timed on another thread. */
  readonly onTimed: (what: keyof typeof tellers, seconds: number) => void;
  readonly measuredStore: (store: Store) => Store;
  readonly measuredSigner: (signer: PublishingSigner) => PublishingSigner;
}

export function createMeasuring(): Measuring {
  let metrics: Metrics | undefined;
  let history: History | undefined;
  const joint = joinOutcomes((contract, outcome, seconds) => {
    metrics?.refreshed(contract, outcome, seconds);
    history?.count(contract, outcome.kind);
  });

  return {
    begin: (toldMetrics, toldHistory) => {
      metrics = toldMetrics;
      history = toldHistory;
    },
    onEngineEvent: (event) => {
      if (metrics === undefined) return;
      metrics.onEngineEvent(event);
      joint.onEngineEvent(event);
    },
    onHttpEvent: (event) => {
      if (metrics !== undefined) joint.onHttpEvent(event);
    },
    onAdminEvent: (event) => metrics?.onAdminEvent(event),
    onCommit: (group) => metrics?.onCommit(group),
    onTimed: (what, seconds) => metrics?.[tellers[what]](seconds),
    measuredStore: (store) => timedStore(store, () => metrics),
    measuredSigner: (signer) => timedSigner(signer, () => metrics),
  };
}

const tellers = { read: 'onRead', signed: 'onSigned', verified: 'onVerified' } as const;

/** Observe durations in seconds. */
export interface Timings {
  readonly onRead: (seconds: number) => void;
  readonly onSigned: (seconds: number) => void;
  readonly onVerified: (seconds: number) => void;
}

/** @param wanted the observers, where there are any */
export function timedStore(store: Store, wanted: () => Timings | undefined): Store {
  return {
    ...store,
    read: (sessionId) => timed(wanted()?.onRead, () => store.read(sessionId)),
  };
}

/** @param wanted the observers, where there are any */
export function timedSigner(signer: PublishingSigner, wanted: () => Timings | undefined): PublishingSigner {
  return {
    ...signer,
    sign: (...input) => timed(wanted()?.onSigned, () => signer.sign(...input)),
    verify: (...input) => timed(wanted()?.onVerified, () => signer.verify(...input)),
  };
}

/** A failure is timed as well: operators want to see a store that takes long to fail. */
function timed<Answer>(tell: ((seconds: number) => void) | undefined, work: () => Promise<Answer>): Promise<Answer> {
  if (tell === undefined) return work();
  const since = performance.now();
  const told = (): void => {
    tell((performance.now() - since) / 1000);
  };
  // The caller does not wait for the measurement.
  const answer = work();
  answer.then(told, told);
  return answer;
}
