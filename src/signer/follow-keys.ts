// Follows changes of the keys by other processes (a rotation, a compromise).
import type { Emit } from '../engine/ports.ts';
import type { KeyStore } from './ports.ts';
import type { PublishingSigner } from './signer.ts';

/** Milliseconds. Every process must see a rotation within two seconds, also where the store does not notify it. */
const interval = 1_000;

export interface FollowedKeys {
  /** Why the last reload failed, if it did. */
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Reloads at intervals, and at once where the store notifies of a change, until it is stopped. */
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
      // Open keys continue to sign and verify.
      trouble = reason instanceof Error ? reason.message : String(reason);
      emit({ type: 'unavailable', contract: 'all', requestId: 'none', cause: trouble });
    }
  };
  // One more reload is enough for all calls during a reload.
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
