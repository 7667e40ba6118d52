// What is started, and how it is stopped.
import type { Phase } from '../observe/readiness.ts';

/**
 * Every part that has to be stopped, in the order in which they start. They stop in the reverse order: callers have
 * their responses, and the audit trail its events, before the store closes; operators can watch until then.
 */
export const stages = ['store', 'audit trail', 'engine thread', 'admin listener', 'contracts listener'] as const;

export type Stage = (typeof stages)[number];

export interface Lifecycle {
  readonly register: (stage: Stage, stop: () => unknown) => void;
  readonly phase: () => Phase;
  /** The contracts listener is open. */
  readonly serve: () => void;
  /** Stops every registered part; a second call stops what was registered since. */
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
      // Each part of a stage may have to wait for a store that is away, so they wait together.
      for (const [, registered] of [...stops].toReversed()) {
        await Promise.all(registered.splice(0).map(async (stop) => stop()));
      }
    },
  };
}
