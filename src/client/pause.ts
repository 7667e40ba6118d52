// Waiting: until it is time, or there is a reason not to wait any longer.
import { environment, hear } from './environment.ts';
import { SessionUnavailable } from './events.ts';

export type Timer = ReturnType<typeof setTimeout>;

/** A timer that does not keep a program from ending. */
export function later(work: () => void, milliseconds: number): Timer {
  const timer = setTimeout(work, milliseconds);
  // A browser's timers are numbers, which have no such thing.
  (timer as { readonly unref?: () => void }).unref?.();
  return timer;
}

/**
 * Resolves after so many milliseconds, as soon as a signal is aborted, or when this machine says that it has a network.
 * @param start of the timer, which does not keep a program from ending unless told otherwise
 */
export function pause(
  milliseconds: number,
  signals: readonly (AbortSignal | undefined)[] = [],
  untilOnline = false,
  start: (work: () => void, milliseconds: number) => Timer = later,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      for (const stop of heard) stop();
      resolve();
    };
    const timer = start(done, milliseconds);
    const heard = signals.map((signal) => hear(signal, 'abort', done));
    if (untilOnline) heard.push(hear(environment, 'online', done));
    if (signals.some((signal) => signal?.aborted)) done();
  });
}

/** What comes of it, if it comes within so many milliseconds and before a signal is aborted. @throws that one's reason */
export async function inTime<Value>(
  coming: Promise<Value>,
  milliseconds: number,
  signals: readonly (AbortSignal | undefined)[] = [],
): Promise<Value> {
  const came = new AbortController();
  const ended = pause(milliseconds, [...signals, came.signal], false, setTimeout).then((): never => {
    const aborted = signals.find((signal) => signal?.aborted);
    // The reason is whatever whoever aborted gave; not every place has it.
    throw (aborted?.reason ?? new SessionUnavailable('over')) as Error;
  });
  try {
    return await Promise.race([coming, ended]);
  } finally {
    came.abort();
  }
}

/**
 * Milliseconds to wait that an answer asks for (RFC 9110 §10.2.3), five minutes at most; 0 where it asks for nothing. A
 * date is taken by the clock that wrote it, where the answer says what that was.
 */
export function retryAfter(response: Response | undefined): number {
  const header = (name: string): string => response?.headers.get(name) ?? '';
  const asked = header('retry-after');
  const now = Date.parse(header('date')) || Date.now();
  const wait = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now;
  return wait > 0 ? Math.min(wait, 300_000) : 0;
}
