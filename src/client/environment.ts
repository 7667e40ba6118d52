// The runtime around a session, of which browsers have all, Node some and React Native nothing; timers that suit all of them.
import { SessionUnavailable } from './events.ts';

/** As much of an event as is read. */
interface HeardEvent {
  readonly key?: string | null;
}

type Listen = (type: string, listener: (event: HeardEvent) => void) => void;

/** Something to listen to, maybe. */
interface Target {
  readonly addEventListener?: Listen;
  readonly removeEventListener?: Listen;
}

interface Environment extends Target {
  readonly navigator?: { readonly onLine?: boolean; readonly locks?: LockManager };
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly location?: { readonly origin?: string };
}

// The compiler takes every runtime for a browser.
export const environment = globalThis as Environment;

export function ignore(): undefined {
  return undefined;
}

/** Listens, where the runtime has events. @returns a function that stops it */
export function hear(target: Target | undefined, type: string, listener: (event: HeardEvent) => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}

export type Timer = ReturnType<typeof setTimeout>;

/** A timer that does not keep a program from ending. */
export function later(work: () => void, milliseconds: number): Timer {
  const timer = setTimeout(work, milliseconds);
  // A browser's timers are numbers without the method.
  (timer as { readonly unref?: () => void }).unref?.();
  return timer;
}

/** What may end a pause: a signal that is aborted, or the environment, which may report that it is online again. */
type Waking = Target & { readonly aborted?: boolean };

/**
 * Resolves after so many milliseconds, or as soon as something ends it.
 * @param start starts the timer, which by default does not keep a program from ending
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

/** The result, if it comes within so many milliseconds and before a signal is aborted. @throws the signal's reason */
export async function inTime<Value>(
  coming: Promise<Value>,
  milliseconds: number,
  signals: readonly (AbortSignal | undefined)[] = [],
): Promise<Value> {
  const came = new AbortController();
  const ended = pause(milliseconds, [...signals, came.signal], setTimeout).then((): never => {
    const aborted = signals.find((signal) => signal?.aborted);
    // A reason may be any value; not every runtime has it.
    throw (aborted?.reason ?? new SessionUnavailable('no answer in time')) as Error;
  });
  try {
    return await Promise.race([coming, ended]);
  } finally {
    came.abort();
  }
}
