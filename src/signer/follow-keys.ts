// What another process does to the keys (a rotation, a compromise) is followed by this one.
import type { Emit } from '../engine/ports.ts';
import type { KeyStore } from './ports.ts';
import type { PublishingSigner } from './signer.ts';

/** Milliseconds. A rotation is to be seen everywhere within two seconds, also where the store cannot tell of it. */
const interval = 1_000;

export interface FollowedKeys {
  /** Why the last look failed, if it did. */
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Looks again and again, and at once where the store tells of a change, until it is stopped. */
export function followKeys(
  signer: PublishingSigner,
  watch: KeyStore['watchKeySets'],
  emit: Emit = () => undefined,
): FollowedKeys {
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
  // Of many that ask while one look is under way, the last one is enough.
  let isAsked = false;
  const lookSoon = (): void => {
    if (isAsked) return;
    isAsked = true;
    looking = looking.then(() => {
      isAsked = false;
      return look();
    });
  };
  const timer = setInterval(lookSoon, interval);
  timer.unref();
  const unwatch = watch?.(lookSoon);
  return {
    trouble: () => trouble,
    stop: async () => {
      clearInterval(timer);
      await unwatch?.();
      await looking;
    },
  };
}
