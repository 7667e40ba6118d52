// Follows changes of the keys by other processes, such as a rotation.
import type { Emit } from '../engine/ports.ts';
import type { KeyStore } from './ports.ts';
import type { PublishingSigner } from './signer.ts';

/** Every process must see a rotation within two seconds, also without notifications from the store. */
const intervalMs = 1_000;

export interface KeyFollower {
  /** Why the last reload failed, if it did. */
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Reloads keys at intervals, and at once when the store reports a change, until it is stopped. */
export function followKeys(
  signer: PublishingSigner,
  watch: KeyStore['watchKeySets'],
  emit: Emit = () => undefined,
): KeyFollower {
  let reloading = Promise.resolve();
  let trouble: string | undefined;
  const reload = async (): Promise<void> => {
    try {
      await signer.reload();
      trouble = undefined;
    } catch (reason) {
      // Open keys continue to sign and verify.
      trouble = reason instanceof Error ? reason.message : String(reason);
      emit({ type: 'unavailable', contract: 'all', requestId: 'none', cause: trouble });
    }
  };
  let isScheduled = false;
  /** All calls during one reload share the next one. */
  const reloadSoon = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    reloading = reloading.then(() => {
      isScheduled = false;
      return reload();
    });
  };
  const timer = setInterval(reloadSoon, intervalMs).unref();
  const unwatch = watch?.(reloadSoon);
  return {
    trouble: () => trouble,
    stop: async () => {
      clearInterval(timer);
      await unwatch?.();
      await reloading;
    },
  };
}
