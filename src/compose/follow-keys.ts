// What another process does to the keys (a rotation, a compromise) is followed by this one.
import type { Emit } from '../engine/ports.ts';
import type { PublishingSigner } from '../signer/signer.ts';

/** Milliseconds. A rotation is to be seen everywhere within two seconds. */
const interval = 1_000;

export interface FollowedKeys {
  /** Why the last look failed, if it did. */
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Looks again and again, until it is stopped. */
export function followKeys(signer: PublishingSigner, emit: Emit = () => undefined): FollowedKeys {
  let looking = Promise.resolve();
  let trouble: string | undefined;
  const look = async (): Promise<void> => {
    try {
      await signer.reload();
      trouble = undefined;
    } catch (reason) {
      // The keys that are open go on signing and verifying.
      trouble = reason instanceof Error ? reason.message : String(reason);
      emit({ type: 'unavailable', contract: 'all', requestId: 'none', cause: trouble });
    }
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, interval);
  timer.unref();
  return {
    trouble: () => trouble,
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
