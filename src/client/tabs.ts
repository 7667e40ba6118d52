// Other tabs of the same origin: told that what is stored has changed, never what it is.
import { environment, hear } from './environment.ts';

/** By BroadcastChannel, and by the event that a shared storage has of its own. @returns what tells the others */
export function tabsOf(key: string, closing: AbortSignal, changed: () => void): () => void {
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
  closing.addEventListener('abort', () => {
    stop();
    channel?.close();
  });
  return () => {
    try {
      channel?.postMessage(0);
    } catch {
      // It is closed, or broken: the others find it when they look.
    }
  };
}
