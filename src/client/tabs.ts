// Other tabs of the same origin: told that what is stored has changed, never what it is.

export interface Tabs {
  readonly tell: () => void;
  readonly close: () => void;
}

/** By BroadcastChannel, or where there is none by the event that a shared storage has of its own. */
export function tabsOf(key: string, changed: () => void): Tabs {
  if (typeof BroadcastChannel === 'function') {
    const channel = new BroadcastChannel(key);
    channel.onmessage = changed;
    // In Node an open channel would keep the program from ending.
    (channel as { unref?: () => void }).unref?.();
    return { tell: () => channel.postMessage('changed'), close: () => channel.close() };
  }
  const look = (event: Event): void => {
    if ((event as StorageEvent).key === key) changed();
  };
  globalThis.addEventListener?.('storage', look);
  return { tell: () => undefined, close: () => globalThis.removeEventListener?.('storage', look) };
}
