// What not every place that this runs in has: browsers all of it, Node some, React Native nothing.

/** Something to listen to, maybe. */
export interface Target {
  readonly addEventListener?: Listen;
  readonly removeEventListener?: Listen;
}

interface Environment extends Target {
  readonly navigator?: { readonly onLine?: boolean; readonly locks?: LockManager };
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly location?: { readonly origin?: string };
}

type Listen = (type: string, listener: (event: HeardEvent) => void) => void;

/** As much of an event as is looked at. */
export interface HeardEvent {
  readonly key?: string | null;
}

// The compiler takes every place for a browser.
export const environment = globalThis as Environment;

export function ignore(): undefined {
  return undefined;
}

/** Listens, where there is something to listen to. @returns what stops it */
export function hear(target: Target | undefined, type: string, listener: (event: HeardEvent) => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}
