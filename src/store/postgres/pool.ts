// Connections that are shared, each of them to a server that can be written to, and none of them to one that is gone.
//
// The driver knows of a connection that broke only where somebody said so. After a failover, or where the network drops
// what it carries without a word, every idle one is dead as well: as soon as one is found so, none of those made before
// is used again. And a standby would answer with what was true some time ago, so that a revoked session was granted.
import { Socket } from 'node:net';
import pg from 'pg';
import { RefractError } from '../../errors.ts';

export interface ConnectionPool {
  /**
   * A connection to work with, which its user gives back with `release`.
   * @param milliseconds how long that may take at most
   * @throws RefractError `not_connected`
   */
  readonly connect: (milliseconds: number) => Promise<pg.PoolClient>;
  /** No connection that was made up to now is used again. */
  readonly distrust: () => void;
  /** For a connection that is nobody's but its maker's, and is cut with the others. */
  readonly settings: pg.ClientConfig;
  readonly counts: () => { readonly open: number; readonly idle: number; readonly waiting: number };
  /** Resolves soon, whatever is under way and whoever does not answer. */
  readonly close: () => Promise<void>;
}

/** Milliseconds that those who still work are given when everything is closed; as many are given to goodbyes. */
const closePatience = 1_000;

/** @param acceptsStandby whether a server that cannot be written to will do */
export function poolOf(given: pg.ClientConfig, max: number, acceptsStandby: boolean): ConnectionPool {
  const sockets = new Set<Socket>();
  const settings = { ...given, stream: () => tracked(sockets) };
  const pool = new pg.Pool({ ...settings, max, idleTimeoutMillis: 60_000 });
  // An idle connection that breaks is replaced when one is needed; whoever uses one is told by its statement.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  /** When each connection was found good. */
  const goodSince = new WeakMap<pg.PoolClient, number>();
  let distrusted = Number.NEGATIVE_INFINITY;
  const good = async (until: number): Promise<pg.PoolClient> => {
    for (;;) {
      const client = await connectedBy(pool, until);
      const since = goodSince.get(client);
      if (since !== undefined && since > distrusted) return client;
      try {
        if (since === undefined) {
          if (!acceptsStandby) await refuseStandby(client, until);
          goodSince.set(client, performance.now());
          return client;
        }
      } catch (reason) {
        client.release(true);
        throw reason;
      }
      client.release(true);
    }
  };

  return {
    connect: async (milliseconds) => {
      try {
        return await good(performance.now() + milliseconds);
      } catch (reason) {
        throw new RefractError('not_connected', 'no connection', { cause: reason });
      }
    },
    distrust: () => {
      distrusted = performance.now();
    },
    settings,
    counts: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: async () => {
      const timer = setTimeout(cut, closePatience);
      await pool.end();
      clearTimeout(timer);
      // Said to a server that is not there, a goodbye would keep the process alive.
      setTimeout(cut, closePatience).unref();
    },
  };
}

function tracked(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  return socket;
}

/** The pool's own time-out may come later: then the connection goes back to the others. */
async function connectedBy(pool: pg.Pool, until: number): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new Error('timeout exceeded when trying to connect'));
        connecting.then(
          (client) => client.release(),
          () => undefined,
        );
      },
      Math.max(0, until - performance.now()),
    );
  });
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asked once: a primary becomes a standby only by a restart, which no connection survives. */
async function refuseStandby(client: pg.PoolClient, until: number): Promise<void> {
  const question = {
    text: 'SELECT pg_is_in_recovery() AS standby',
    query_timeout: Math.max(1, until - performance.now()),
  };
  const { rows } = await client.query<{ standby: boolean }>(question);
  if (rows[0]?.standby !== false) throw new Error('the server is a standby, which cannot be written to');
}
