// The messages between the main thread and the engine thread. Refreshes are sent in batches of JSON text, which costs a
// fraction of a structured clone. All other messages are calls, which are cloned.
import type { Config } from '../../config.ts';
import type { Outcome } from '../../engine/outcome.ts';
import type { ContractSettings } from '../../engine/policy.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import type { SerializedError } from '../../errors.ts';
import type { TimedStep } from '../../observe/outcomes.ts';
import type { GroupCommitted } from '../../store/sqlite.ts';
import type { KeySettings, StoreSettings } from '../open.ts';

/** The `workerData` of the thread. */
export interface ThreadData {
  readonly settings: StoreSettings & KeySettings & Pick<Config, 'sessionLimit'>;
  readonly contracts: readonly { readonly name: string; readonly file: string; readonly settings: ContractSettings }[];
}

/** A request to refresh. */
export type RefreshCall = readonly [id: number, contract: string, token: string, requestId: string];

/** To the engine thread: a JSON list of `RefreshCall`, or a call of a method. */
export type ThreadRequest =
  string | { readonly id: number; readonly method: string; readonly input: readonly unknown[] };

/** To the main thread: a `Batch` in JSON, the methods of the store once it is open, or the result of a call. */
export type ThreadResponse =
  | string
  | { readonly kind: 'opened'; readonly storeMethods: readonly string[] }
  | { readonly kind: 'unopened'; readonly error: SerializedError }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: SerializedError };

/** The outcomes of refreshes, with the events and measurements since the last batch. */
export interface Batch {
  readonly events: EngineEvent[];
  readonly outcomes: (readonly [id: number, outcome: Outcome | { readonly kind: 'error'; error: SerializedError }])[];
  /** Seconds. */
  readonly times: (readonly [step: TimedStep, seconds: number])[];
  readonly commits: GroupCommitted[];
}
