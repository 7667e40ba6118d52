// Hears of changed key sets by LISTEN, on a connection of its own, which is made again whenever it is lost. Nothing
// depends on it: whoever watches looks again now and then as well.
import pg from 'pg';
import type { KeyStore } from '../../engine/ports.ts';
import type { Connections } from './connections.ts';

export const keySetsChannel = 'refract_key_sets';

/** Milliseconds until a lost connection is made again. */
const pause = 1_000;

export function watchingIn({ settings }: Connections): NonNullable<KeyStore['watchKeySets']> {
  return (changed) => {
    let isGoingOn = true;
    let client: pg.Client | undefined;
    let timer: NodeJS.Timeout | undefined;
    let connecting: Promise<void> = Promise.resolve();

    const connect = async (): Promise<void> => {
      const made = new pg.Client(settings);
      client = made;
      made.on('error', () => undefined);
      made.on('end', again);
      made.on('notification', changed);
      try {
        await made.connect();
        await made.query(`LISTEN ${keySetsChannel}`);
        // What was told while nobody listened.
        changed();
      } catch {
        await made.end().catch(() => undefined);
        again();
      }
    };
    const again = (): void => {
      if (!isGoingOn) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        connecting = connect();
      }, pause).unref();
    };
    connecting = connect();
    return async () => {
      isGoingOn = false;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => undefined);
    };
  };
}
