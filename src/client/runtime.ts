// The runtime around a session: browsers have all of it, Node some and React Native nothing; and timers that fit all.
import { SessionUnavailable } from './events.ts';

interface RuntimeEvent {
  readonly key?: string | null;
}

type Subscribe = (type: string, listener: (event: RuntimeEvent) => void) => void;

/** An event target, where the runtime has events. */
interface Target {
  readonly addEventListener?: Subscribe;
  readonly removeEventListener?: Subscribe;
}

interface Runtime extends Target {
  readonly navigator?: { readonly onLine?: boolean; readonly locks?: LockManager };
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly location?: { readonly origin?: string };
}

// The compiler takes every runtime for a browser.
export const runtime = globalThis as Runtime;

export function ignore(): undefined {
  return undefined;
}

/** Adds a listener. @returns a function that removes it */
export function listen(target: Target | undefined, type: string, listener: (event: RuntimeEvent) => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}

export type Timer = ReturnType<typeof setTimeout>;

/** Starts a timer that does not keep a program from ending. */
export function startTimer(work: () => void, milliseconds: number): Timer {
  const timer = setTimeout(work, milliseconds);
  // A browser's timers are numbers without the method.
  (timer as { readonly unref?: () => void }).unref?.();
  return timer;
}

/** What ends a sleep early: an abort signal, or the runtime, when it is online again. */
type Waker = Target & { readonly aborted?: boolean };

/**
 * Resolves after so many milliseconds, or as soon as a waker ends it.
 * @param start starts the timer, which by default does not keep a program from ending
 */
export function sleep(
  milliseconds: number,
  wakers: readonly (Waker | undefined)[] = [],
  start: (work: () => void, milliseconds: number) => Timer = startTimer,
): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      resolve();
    };
    const timer = start(wake, milliseconds);
    const stops = ['abort', 'online'].flatMap((type) => wakers.map((waker) => listen(waker, type, wake)));
    if (wakers.some((waker) => waker?.aborted)) wake();
  });
}

/** The result, unless the time ends or a signal is aborted first. @throws the signal's reason, or SessionUnavailable */
export async function withTimeout<Value>(
  pending: Promise<Value>,
  milliseconds: number,
  signals: readonly (AbortSignal | undefined)[] = [],
): Promise<Value> {
  const settled = new AbortController();
  const ended = sleep(milliseconds, [...signals, settled.signal], setTimeout).then((): never => {
    const aborted = signals.find((signal) => signal?.aborted);
    // A reason may be any value; not every runtime has it.
    throw (aborted?.reason ?? new SessionUnavailable('timeout')) as Error;
  });
  try {
    return await Promise.race([pending, ended]);
  } finally {
    settled.abort();
  }
}
