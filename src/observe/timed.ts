// A store and a signer whose times are taken while somebody wants to know them.
import type { Store } from '../store/store.ts';
import type { PublishingSigner } from '../signer/signer.ts';

/** Told in seconds. */
export interface Timings {
  readonly onRead: (seconds: number) => void;
  readonly onSigned: (seconds: number) => void;
  readonly onVerified: (seconds: number) => void;
}

/** @param wanted who wants to know, if anybody does now */
export function timedStore(store: Store, wanted: () => Timings | undefined): Store {
  return {
    ...store,
    read: (sessionId) => timed(wanted()?.onRead, () => store.read(sessionId)),
  };
}

/** @param wanted who wants to know, if anybody does now */
export function timedSigner(signer: PublishingSigner, wanted: () => Timings | undefined): PublishingSigner {
  return {
    ...signer,
    sign: (...input) => timed(wanted()?.onSigned, () => signer.sign(...input)),
    verify: (...input) => timed(wanted()?.onVerified, () => signer.verify(...input)),
  };
}

/** What fails is timed as well: a store that takes long to fail is what one wants to see. */
function timed<Answer>(tell: ((seconds: number) => void) | undefined, work: () => Promise<Answer>): Promise<Answer> {
  if (tell === undefined) return work();
  const since = performance.now();
  const told = (): void => {
    tell((performance.now() - since) / 1000);
  };
  // Beside its way and not on it: whoever waits for the answer does not wait for this.
  const answer = work();
  answer.then(told, told);
  return answer;
}
