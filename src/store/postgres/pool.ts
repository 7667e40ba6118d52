// Shared connections, each to a server that accepts writes, and none to a server that is gone.
//
// After a failover, or where the network drops packets silently, every idle connection is dead: once one is found dead,
// no older one is used again. A standby would return old rows, so that a revoked session would be granted.
import { Socket } from 'node:net';
import pg from 'pg';
import { RefractError } from '../../errors.ts';

/** Milliseconds for statements in flight when the pool is closed, and again until the connections are closed. */
const closeTimeoutMs = 1_000;

/** @param acceptsStandby whether a server that accepts no writes will do */
export function createPool(given: pg.ClientConfig, max: number, acceptsStandby: boolean) {
  const sockets = new Set<Socket>();
  const settings = { ...given, stream: () => openSocket(sockets) };
  const pool = new pg.Pool({ ...settings, max, idleTimeoutMillis: 60_000 });
  // A broken idle connection is replaced on demand; a broken connection in use fails its statement.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  /** When each connection was checked. */
  const checkedAt = new WeakMap<pg.PoolClient, number>();
  let distrustedUntil = Number.NEGATIVE_INFINITY;
  const connect = async (deadline: number): Promise<pg.PoolClient> => {
    for (;;) {
      const client = await connectBefore(pool, deadline);
      const checked = checkedAt.get(client);
      if (checked !== undefined && checked > distrustedUntil) return client;
      if (checked !== undefined) {
        client.release(true);
        continue;
      }
      try {
        if (!acceptsStandby) await refuseStandby(client, deadline);
        checkedAt.set(client, performance.now());
        return client;
      } catch (reason) {
        client.release(true);
        throw reason;
      }
    }
  };

  return {
    /**
     * A connection, which the caller gives back with `release`.
     * @param timeoutMs at most
     * @throws RefractError `not_connected`
     */
    connect: async (timeoutMs: number): Promise<pg.PoolClient> => {
      try {
        return await connect(performance.now() + timeoutMs);
      } catch (reason) {
        throw new RefractError('not_connected', 'no connection', { cause: reason });
      }
    },
    /** Excludes all connections that were opened before. */
    distrust: (): void => {
      distrustedUntil = performance.now();
    },
    /** For a connection outside the pool, which is cut with the others. */
    settings,
    counts: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    /** Resolves soon, even with statements in flight. */
    close: async (): Promise<void> => {
      const timer = setTimeout(cut, closeTimeoutMs);
      await pool.end();
      clearTimeout(timer);
      // A connection to a dead server would keep the process alive.
      setTimeout(cut, closeTimeoutMs).unref();
    },
  };
}

function openSocket(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  return socket;
}

/** The timeout of the pool may come later: then the connection goes back to the pool. */
async function connectBefore(pool: pg.Pool, deadline: number): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => {
      reject(new Error('timeout exceeded when trying to connect'));
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
    };
    timer = setTimeout(giveUp, Math.max(0, deadline - performance.now()));
  });
  try {
    return await Promise.race([connecting, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Once per connection: a primary becomes a standby only by a restart, which no connection survives. */
async function refuseStandby(client: pg.PoolClient, deadline: number): Promise<void> {
  const question = {
    text: 'SELECT pg_is_in_recovery() AS "isStandby"',
    query_timeout: Math.max(1, deadline - performance.now()),
  };
  const { rows } = await client.query<{ isStandby: boolean }>(question);
  if (rows[0]?.isStandby !== false) throw new Error('the server is a standby, which accepts no writes');
}
