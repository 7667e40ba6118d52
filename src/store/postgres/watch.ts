// Hears of changed key sets by LISTEN, on a connection of its own, which is made again whenever it is lost. Nothing
// depends on it: whoever watches looks again now and then as well.
import pg from 'pg';
import type { KeyStore } from '../../signer/ports.ts';
import type { Connections } from './connections.ts';

export const keySetsChannel = 'refract_key_sets';

/** Milliseconds until a lost connection is made again. */
const pause = 1_000;

export function watchingIn({ settings }: Connections): NonNullable<KeyStore['watchKeySets']> {
  return (changed) => {
    let isGoingOn = true;
    let current: pg.Client | undefined;
    let isListening = false;
    let timer: NodeJS.Timeout | undefined;

    const connect = async (): Promise<void> => {
      let made: pg.Client | undefined;
      try {
        made = new pg.Client(settings);
        current = made;
        made.on('error', () => undefined);
        made.on('end', () => {
          if (made === current) again();
        });
        made.on('notification', changed);
        await made.connect();
        await made.query(`LISTEN ${keySetsChannel}`);
        isListening = true;
        // What was told while nobody listened; unless nobody wants to know any more.
        if (isGoingOn) changed();
        else leave(made);
      } catch {
        if (made !== undefined) leave(made);
        again();
      }
    };
    const again = (): void => {
      isListening = false;
      if (!isGoingOn) return;
      clearTimeout(timer);
      timer = setTimeout(connecting, pause).unref();
    };
    const connecting = (): void => {
      connect().catch(again);
    };
    connecting();
    return () => {
      isGoingOn = false;
      clearTimeout(timer);
      // One that is being made is left as soon as it is.
      if (isListening && current !== undefined) leave(current);
      return Promise.resolve();
    };
  };
}

/** A goodbye may never be answered; with the other connections this one is cut in the end. */
function leave(client: pg.Client): void {
  client.end().catch(() => undefined);
}
