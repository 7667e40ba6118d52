// What the main thread and the engine's thread say to each other. Refreshes go in batches, as one JSON text for many of
// them: that costs a fraction of what copying objects between threads does. Everything else is rare, and is copied as it is.
import type { Config } from '../../config.ts';
import type { SerializedError } from '../../errors.ts';
import type { Outcome } from '../../engine/outcome.ts';
import type { ContractSettings } from '../../engine/policy.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import type { Store } from '../../store/store.ts';
import type { GroupCommitted } from '../../store/sqlite.ts';

/** What the thread is given when it starts. */
export interface ThreadData {
  readonly config: Config;
  readonly contracts: readonly { readonly name: string; readonly file: string; readonly settings: ContractSettings }[];
}

/** A token that was presented, in JSON. */
export type Presented = readonly [id: number, contract: string, token: string, requestId: string];

/** A method of the store. */
export type StoreMethod = Exclude<keyof Store, 'watchKeySets'>;

/** To the engine's thread. A text is a list of `Presented`. */
export type Asked =
  | string
  | { readonly kind: 'store'; readonly id: number; readonly method: StoreMethod; readonly input: readonly unknown[] }
  /** Opens the keys, once. */
  | { readonly kind: 'open'; readonly id: number }
  /** Looks at them anew. */
  | { readonly kind: 'reload'; readonly id: number }
  /** From now on somebody wants to know how long things take. */
  | { readonly kind: 'measure' };

/** To the main thread. A text is a `Batch`. */
export type Told =
  | string
  | { readonly kind: 'ready' }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly id: number | undefined; readonly reason: SerializedError };

/** What came of refreshes, and what was told and measured meanwhile. */
export interface Batch {
  readonly events: readonly EngineEvent[];
  readonly outcomes: readonly (readonly [
    id: number,
    outcome: Outcome | { readonly kind: 'thrown'; reason: SerializedError },
  ])[];
  /** Seconds. */
  readonly times: Readonly<Record<Timed, readonly number[]>>;
  readonly commits: readonly GroupCommitted[];
}

export type Timed = 'read' | 'signed' | 'verified';
