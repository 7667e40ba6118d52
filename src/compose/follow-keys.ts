// What another process does to the keys (a rotation, a compromise) is followed by this one.
import type { Emit } from '../engine/ports.ts';
import type { PublishingSigner } from '../signer/signer.ts';

/** Milliseconds. A rotation is to be seen everywhere within two seconds. */
const interval = 1_000;

/** Looks again and again. @returns what ends it */
export function followKeys(signer: PublishingSigner, emit: Emit = () => undefined): () => Promise<void> {
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      await signer.reload();
    } catch (reason) {
      // The keys that are open go on signing and verifying.
      const cause = reason instanceof Error ? reason.message : String(reason);
      emit({ type: 'unavailable', contract: 'all', requestId: 'none', cause });
    }
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, interval);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
