// Waiting: until it is time, or there is a reason not to wait any longer.
import { hear, type Target } from './environment.ts';
import { SessionUnavailable } from './events.ts';

export type Timer = ReturnType<typeof setTimeout>;

/** A timer that does not keep a program from ending. */
export function later(work: () => void, milliseconds: number): Timer {
  const timer = setTimeout(work, milliseconds);
  // A browser's timers are numbers, which have no such thing.
  (timer as { readonly unref?: () => void }).unref?.();
  return timer;
}

/** What may end a pause: a signal that is aborted, or the environment, which may say that it has a network again. */
type Waking = Target & { readonly aborted?: boolean };

/**
 * Resolves after so many milliseconds, or as soon as something ends it.
 * @param start of the timer, which does not keep a program from ending unless told otherwise
 */
export function pause(
  milliseconds: number,
  wakings: readonly (Waking | undefined)[] = [],
  start: (work: () => void, milliseconds: number) => Timer = later,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      for (const stop of heard) stop();
      resolve();
    };
    const timer = start(done, milliseconds);
    const heard = ['abort', 'online'].flatMap((type) => wakings.map((waking) => hear(waking, type, done)));
    if (wakings.some((waking) => waking?.aborted)) done();
  });
}

/** What comes of it, if it comes within so many milliseconds and before a signal is aborted. @throws that one's reason */
export async function inTime<Value>(
  coming: Promise<Value>,
  milliseconds: number,
  signals: readonly (AbortSignal | undefined)[] = [],
): Promise<Value> {
  const came = new AbortController();
  const ended = pause(milliseconds, [...signals, came.signal], setTimeout).then((): never => {
    const aborted = signals.find((signal) => signal?.aborted);
    // The reason is whatever whoever aborted gave; not every place has it.
    throw (aborted?.reason ?? new SessionUnavailable('no answer in time')) as Error;
  });
  try {
    return await Promise.race([coming, ended]);
  } finally {
    came.abort();
  }
}

/**
 * Milliseconds to wait that an answer asks for (RFC 9110 §10.2.3), five minutes at most; no more than 0 where it asks for nothing. A
 * date is taken by the clock that wrote it, where the answer says what that was.
 */
export function retryAfter(response: Response | undefined): number {
  const asked = response?.headers.get('retry-after') ?? '';
  const now = Date.parse(response?.headers.get('date') ?? '') || Date.now();
  const wait = Number(asked) * 1_000 || Date.parse(asked) - now;
  return Math.min(wait, 300_000) || 0;
}
