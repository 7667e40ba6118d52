// How long the source of a copy may be locked: from the moment at which others may have to wait. Whatever takes so long,
// the lock is released then, so that no server waits longer.

import { RefractError } from '../../errors.ts';
/** The lock was released before the last pass ended. */
export function lastPassTooLong(): RefractError {
  return new RefractError('held_too_long', 'the last pass was not over');
}

export interface Hold {
  /** Called when others may have to wait from now on; a second call changes nothing. */
  readonly begin: () => void;
  /** Milliseconds that are left. */
  readonly left: () => number;
  /** @throws RefractError `held_too_long` where nothing is left */
  readonly check: () => void;
  /** Waits for work as long as there is time; `settled` waits for its end. @throws RefractError `held_too_long` */
  readonly limit: <Value>(work: Promise<Value>) => Promise<Value>;
  /** Resolves when limited work has ended: its writes must not meet those of the next try. */
  readonly settled: () => Promise<void>;
  /** Seconds. */
  readonly lasted: () => number;
}

/** @param longest seconds */
export function holdOf(longest: number): Hold {
  let begun: number | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  const lasted = (): number => (begun === undefined ? 0 : performance.now() - begun);
  const left = (): number => longest * 1_000 - lasted();
  return {
    begin: () => {
      begun ??= performance.now();
    },
    left,
    check: () => {
      if (left() <= 0) throw lastPassTooLong();
    },
    limit: async (work) => {
      underWay = work;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(lastPassTooLong()), Math.max(0, left()));
      });
      try {
        return await Promise.race([work, late]);
      } finally {
        clearTimeout(timer);
      }
    },
    settled: () =>
      underWay.then(
        () => undefined,
        () => undefined,
      ),
    lasted: () => lasted() / 1_000,
  };
}
