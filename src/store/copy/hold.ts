// How long the source of a copy may be held: from the moment on at which others may have to wait, whatever it is that
// takes so long. It is let go at the latest then, and nobody who waits has to wait for the copy.
import { RefractError } from '../../errors.ts';

/** The source was let go before the last pass ended. */
export function lastPassTooLong(): RefractError {
  return new RefractError('held_too_long', 'the last pass was not over');
}

export interface Hold {
  /** Called where others may have to wait from now on; where it is tried again the time goes on. */
  readonly begin: () => void;
  /** Milliseconds that are left. */
  readonly left: () => number;
  /** @throws RefractError `held_too_long` where nothing is left */
  readonly check: () => void;
  /** Does work for as long as there is time; what is under way then is waited for by `settled`. @throws RefractError `held_too_long` */
  readonly limit: <Value>(work: Promise<Value>) => Promise<Value>;
  /** Resolves when nothing that was limited goes on any more: what it writes must not meet the next try. */
  readonly settled: () => Promise<void>;
  /** Seconds up to now. */
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
