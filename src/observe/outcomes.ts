// Measures refreshes: the outcome of each, the times of its steps, and the outcomes of the last hour.
import type { RefusalKind } from '../engine/outcome.ts';
import type { EngineEvent } from '../engine/ports.ts';
import type { HttpEvent } from '../http/types.ts';
import type { PublishingSigner } from '../signer/signer.ts';
import type { GroupCommitted } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

const kinds = [
  'granted',
  'refused',
  'violation',
  'no_credential',
  'throttled',
  'unavailable',
  'unread',
  'fault',
] as const;

export type OutcomeKind = (typeof kinds)[number];

export interface RefreshOutcome {
  readonly kind: OutcomeKind;
  /** The kind of a grant or a refusal, or what was throttled; otherwise empty. */
  readonly reason: string;
}

const engineOutcomes: Readonly<Record<'rotation' | 'repeat' | 'renewal' | RefusalKind, RefreshOutcome>> = {
  rotation: { kind: 'granted', reason: 'rotation' },
  repeat: { kind: 'granted', reason: 'repeat' },
  renewal: { kind: 'granted', reason: 'renewal' },
  invalid_token: { kind: 'refused', reason: 'invalid_token' },
  unprocessable_token: { kind: 'refused', reason: 'unprocessable_token' },
  unknown_session: { kind: 'refused', reason: 'unknown_session' },
  revoked_session: { kind: 'refused', reason: 'revoked_session' },
  expired_session: { kind: 'refused', reason: 'expired_session' },
  reused_token: { kind: 'refused', reason: 'reused_token' },
  missing_subject: { kind: 'refused', reason: 'missing_subject' },
  disabled_subject: { kind: 'refused', reason: 'disabled_subject' },
  stale_subject: { kind: 'refused', reason: 'stale_subject' },
};

const unavailable: RefreshOutcome = { kind: 'unavailable', reason: '' };
const sessionThrottled: RefreshOutcome = { kind: 'throttled', reason: 'session' };

/** Outcomes without a result of the engine, or in place of it: an invalid reply is a fault. */
const httpOutcomes = {
  violation: { kind: 'violation', reason: '' },
  noCredential: { kind: 'no_credential', reason: '' },
  throttled: { kind: 'throttled', reason: 'address' },
  unread: { kind: 'unread', reason: '' },
  fault: { kind: 'fault', reason: '' },
} as const satisfies Readonly<Record<Exclude<HttpEvent['type'], 'answered'>, RefreshOutcome>>;

/** Every possible outcome; a meter reports these objects and no copies. */
export const outcomes: readonly RefreshOutcome[] = [
  ...Object.values(engineOutcomes),
  unavailable,
  sessionThrottled,
  ...Object.values(httpOutcomes),
];

function engineOutcomeOf(event: EngineEvent): RefreshOutcome | undefined {
  switch (event.type) {
    case 'refreshed':
      return engineOutcomes[event.by];
    case 'refused':
      return engineOutcomes[event.refusal];
    case 'unavailable':
      return unavailable;
    case 'session_throttled':
      return sessionThrottled;
    case 'issued':
    case 'reused':
    case 'store_behind':
      return undefined;
  }
}

/** A step of a refresh whose time is measured. */
export type TimedStep = 'read' | 'signed' | 'verified';

/** @param seconds of a step, also of a failed one: a store may take long to fail */
export type ObserveTime = (step: TimedStep, seconds: number) => void;

/** What the metrics observe. Durations in seconds. */
export interface MetricsObserver {
  readonly onRefresh: (contract: string, outcome: RefreshOutcome, seconds: number) => void;
  readonly onEngineEvent: (event: EngineEvent) => void;
  /** @param event of the admin listener */
  readonly onAdminEvent: (event: HttpEvent) => void;
  readonly onCommit: (group: GroupCommitted) => void;
  readonly onTimed: ObserveTime;
}

/** Passes events and times to metrics and history. Before `start` it does nothing, and refreshes are not slower for it. */
export interface Meter extends Omit<MetricsObserver, 'onRefresh'> {
  readonly start: (metrics: MetricsObserver, history: History) => void;
  /** @param event of the contracts listener */
  readonly onHttpEvent: (event: HttpEvent) => void;
  readonly measureStore: (store: Store) => Store;
  readonly measureSigner: (signer: PublishingSigner) => PublishingSigner;
}

export function createMeter(): Meter {
  let metrics: MetricsObserver | undefined;
  let history: History | undefined;
  /** The engine's outcomes of requests without a response yet. */
  const pending = new Map<string, RefreshOutcome>();
  const currentObserver = (): ObserveTime | undefined => metrics?.onTimed;

  return {
    start: (...observers) => {
      [metrics, history] = observers;
    },
    onEngineEvent: (event) => {
      if (metrics === undefined) return;
      metrics.onEngineEvent(event);
      const outcome = engineOutcomeOf(event);
      if (outcome !== undefined && 'requestId' in event) pending.set(event.requestId, outcome);
    },
    onHttpEvent: ({ type, contract, requestId, seconds }) => {
      if (metrics === undefined) return;
      const engineOutcome = pending.get(requestId);
      pending.delete(requestId);
      const outcome = type === 'answered' ? engineOutcome : httpOutcomes[type];
      if (outcome === undefined) return;
      metrics.onRefresh(contract, outcome, seconds);
      history?.count(contract, outcome.kind);
    },
    onAdminEvent: (event) => metrics?.onAdminEvent(event),
    onCommit: (group) => metrics?.onCommit(group),
    onTimed: (step, seconds) => metrics?.onTimed(step, seconds),
    measureStore: (store) => measureStore(store, currentObserver),
    measureSigner: (signer) => measureSigner(signer, currentObserver),
  };
}

/** @param currentObserver returns undefined while nothing is measured */
export function measureStore(store: Store, currentObserver: () => ObserveTime | undefined): Store {
  return {
    ...store,
    read: (sessionId) => measure('read', currentObserver(), () => store.read(sessionId)),
  };
}

/** @param currentObserver returns undefined while nothing is measured */
export function measureSigner(
  signer: PublishingSigner,
  currentObserver: () => ObserveTime | undefined,
): PublishingSigner {
  return {
    ...signer,
    sign: (...input) => measure('signed', currentObserver(), () => signer.sign(...input)),
    verify: (...input) => measure('verified', currentObserver(), () => signer.verify(...input)),
  };
}

function measure<Result>(
  step: TimedStep,
  observe: ObserveTime | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (observe === undefined) return work();
  const startMs = performance.now();
  const end = (): void => {
    observe(step, (performance.now() - startMs) / 1000);
  };
  // The caller does not wait for the measurement.
  const result = work();
  result.then(end, end);
  return result;
}

/** Seconds. */
export const slotLength = 10;

/** An hour. */
export const slotCount = 360;

/** Counts by kind, oldest slot first; a kind without events is left out. */
export type OutcomeSeries = { readonly [Kind in OutcomeKind]?: readonly number[] };

/** The outcomes of the last hour for the status page, in memory of a fixed size. */
export interface History {
  readonly count: (contract: string, kind: OutcomeKind) => void;
  /** Returns the start of the first slot, in seconds since 1970; the last slot is incomplete. */
  readonly begin: () => number;
  readonly read: (contract: string) => OutcomeSeries;
}

/** @param now milliseconds since 1970 */
export function createHistory(contracts: readonly string[], now: () => number = Date.now): History {
  const rings = new Map(contracts.map((name) => [name, kinds.map(() => new Uint32Array(slotCount))]));
  const currentSlot = (): number => Math.floor(now() / 1000 / slotLength);
  let last = currentSlot();

  /** Clears the slots that have begun since the last call. After the clock was set back, the last slot is still filled. */
  const advance = (): void => {
    const current = currentSlot();
    for (let slot = Math.max(last + 1, current - slotCount + 1); slot <= current; slot += 1) {
      for (const ring of [...rings.values()].flat()) ring[slot % slotCount] = 0;
    }
    last = Math.max(last, current);
  };

  return {
    count: (contract, kind) => {
      advance();
      const ring = rings.get(contract)?.[kinds.indexOf(kind)];
      const index = last % slotCount;
      if (ring !== undefined) ring[index] = (ring[index] ?? 0) + 1;
    },
    begin: () => {
      advance();
      return (last - slotCount + 1) * slotLength;
    },
    read: (contract) => {
      advance();
      const first = (last + 1) % slotCount;
      const series: { [Kind in OutcomeKind]?: readonly number[] } = {};
      for (const [index, ring] of (rings.get(contract) ?? []).entries()) {
        const kind = kinds[index];
        if (kind !== undefined && ring.some((count) => count > 0)) {
          series[kind] = [...ring.subarray(first), ...ring.subarray(0, first)];
        }
      }
      return series;
    },
  };
}
