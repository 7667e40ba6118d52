// Stops the parts of a server in order.
import type { Phase } from '../observe/readiness.ts';

/**
 * The parts in the order of their start. They stop in reverse order: callers get their responses and the audit trail its
 * events before the store closes, and operators can read the status until then.
 */
export const stages = ['store', 'audit trail', 'engine thread', 'admin listener', 'contracts listener'] as const;

export type Stage = (typeof stages)[number];

export interface Lifecycle {
  readonly register: (stage: Stage, stop: () => unknown) => void;
  readonly phase: () => Phase;
  /** Called when the contracts listener is open. */
  readonly serve: () => void;
  /** Stops all registered parts; a second call stops those registered since. */
  readonly close: () => Promise<void>;
}

export function createLifecycle(): Lifecycle {
  const stops = new Map<Stage, (() => unknown)[]>(stages.map((stage) => [stage, []]));
  let phase: Phase = 'starting';
  return {
    register: (stage, stop) => {
      stops.get(stage)?.push(stop);
    },
    phase: () => phase,
    serve: () => {
      phase = 'serving';
    },
    close: async () => {
      phase = 'stopping';
      // Parts of a stage stop together, since each may wait for an unavailable store.
      for (const [, registered] of [...stops].toReversed()) {
        await Promise.all(registered.splice(0).map(async (stop) => stop()));
      }
    },
  };
}
