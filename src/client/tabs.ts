// Other tabs of the same origin: told that what is stored has changed, never what it is.
import { environment, hear } from './environment.ts';

export interface Tabs {
  readonly tell: () => void;
  readonly close: () => void;
}

/** By BroadcastChannel, and by the event that a shared storage has of its own. */
export function tabsOf(key: string, changed: () => void): Tabs {
  const stop = hear(environment, 'storage', (event) => {
    // Without a key everything was cleared.
    if ((event.key ?? key) === key) changed();
  });
  let channel: BroadcastChannel | undefined;
  try {
    channel = new BroadcastChannel(key);
    channel.onmessage = changed;
    // In Node an open channel would keep the program from ending.
    (channel as { readonly unref?: () => void }).unref?.();
  } catch {
    // There is no such thing here, or it is not allowed.
  }
  return {
    tell: () => channel?.postMessage(0),
    close: () => {
      stop();
      channel?.close();
      // What a last answer still brings is found when the others look.
      channel = undefined;
    },
  };
}
