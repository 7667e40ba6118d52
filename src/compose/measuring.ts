// Where times are taken and outcomes counted: at the store and the signer, once somebody wants to know. Until then
// nothing is slower for it.
import type { EngineEvent, Store } from '../engine/ports.ts';
import type { HttpEvent } from '../http/types.ts';
import type { History } from '../observe/history.ts';
import type { Metrics } from '../observe/metrics.ts';
import { joinOutcomes } from '../observe/outcomes.ts';
import type { PublishingSigner } from '../signer/signer.ts';
import type { GroupCommitted } from '../store/sqlite.ts';

export interface Measuring {
  /** From now on these are told. */
  readonly begin: (metrics: Metrics, history: History) => void;
  readonly onEngineEvent: (event: EngineEvent) => void;
  readonly onHttpEvent: (event: HttpEvent) => void;
  readonly onAdminEvent: (event: HttpEvent) => void;
  readonly onCommit: (group: GroupCommitted) => void;
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
    measuredStore: (store) => ({
      ...store,
      read: (sessionId) =>
        metrics === undefined ? store.read(sessionId) : timed(metrics.onRead, () => store.read(sessionId)),
    }),
    measuredSigner: (signer) => ({
      ...signer,
      sign: (...input) =>
        metrics === undefined ? signer.sign(...input) : timed(metrics.onSigned, () => signer.sign(...input)),
      verify: (...input) =>
        metrics === undefined ? signer.verify(...input) : timed(metrics.onVerified, () => signer.verify(...input)),
    }),
  };
}

/** What fails is timed as well: a store that takes long to fail is what one wants to see. */
function timed<Answer>(tell: (seconds: number) => void, work: () => Promise<Answer>): Promise<Answer> {
  const since = performance.now();
  const told = (): void => {
    tell((performance.now() - since) / 1000);
  };
  // Beside its way and not on it: whoever waits for the answer does not wait for this.
  const answer = work();
  answer.then(told, told);
  return answer;
}
