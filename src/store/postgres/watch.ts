// Notifications of changed key sets, on a connection apart from the pool.
import pg from 'pg';

export const keySetsChannel = 'refract_key_sets';

const reconnectDelayMs = 1_000;

/**
 * Calls back when key sets change, and reconnects whenever the connection is lost. The caller also reads at intervals,
 * so a missed notification delays a change and loses none.
 * @returns a function that stops it
 */
export function watchKeySets(settings: pg.ClientConfig, onChange: () => void): () => Promise<void> {
  let isWatching = true;
  let current: pg.Client | undefined;
  let isListening = false;
  let timer: NodeJS.Timeout | undefined;

  const listen = async (): Promise<void> => {
    let client: pg.Client | undefined;
    try {
      client = new pg.Client(settings);
      current = client;
      client.on('error', () => undefined);
      client.on('end', () => {
        if (client === current) reconnect();
      });
      client.on('notification', onChange);
      await client.connect();
      await client.query(`LISTEN ${keySetsChannel}`);
      isListening = true;
      // Notifications were missed while no connection was listening.
      if (isWatching) onChange();
      else disconnect(client);
    } catch {
      if (client !== undefined) disconnect(client);
      reconnect();
    }
  };
  const reconnect = (): void => {
    isListening = false;
    if (!isWatching) return;
    clearTimeout(timer);
    timer = setTimeout(start, reconnectDelayMs).unref();
  };
  const start = (): void => {
    listen().catch(reconnect);
  };
  start();
  return () => {
    isWatching = false;
    clearTimeout(timer);
    // A connection that is still being opened is closed by `listen`.
    if (isListening && current !== undefined) disconnect(current);
    return Promise.resolve();
  };
}

/** Does not wait: a dead server never responds, and the pool cuts this connection with its own. */
function disconnect(client: pg.Client): void {
  client.end().catch(() => undefined);
}
