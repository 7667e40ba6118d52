// A proxy between a store and PostgreSQL with the faults of networks: it redirects, disconnects, becomes silent, or loses the
// response to a statement that was executed.
import { connect, createServer, type Socket } from 'node:net';

export interface DatabaseProxy {
  /** The same database through the proxy. */
  readonly url: string;
  /** Redirects to the server at another port; all connections break. */
  readonly leadTo: (port: number) => void;
  readonly breakOff: () => void;
  /** A silent proxy forwards nothing in either direction, without an error; afterwards all connections break. */
  readonly beSilent: (isSilent: boolean) => void;
  /** Makes the open connections silent, without an error; new ones work. */
  readonly forget: () => void;
  /** Forwards the next message with `word`; disconnects instead of forwarding a response with `marker`. */
  readonly loseAnswer: (word: string, marker: string) => void;
  /** The number of lost responses. */
  readonly lost: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts a proxy; `stop` it. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const url = new URL(databaseUrl);
  const { hostname } = url;
  let port = Number(url.port);
  let isSilent = false;
  let losing: { readonly word: string; readonly marker: string } | undefined;
  let lost = 0;
  let forgotten = 0;
  let accepted = 0;
  const sockets = new Set<Socket>();
  const breakOff = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const server = createServer((near) => {
    const far = connect(port, hostname);
    accepted += 1;
    const number = accepted;
    const saysNothing = (): boolean => isSilent || number <= forgotten;
    let isLosing: string | undefined;
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        // In a silent network neither side learns that the other has closed.
        if (!saysNothing()) other.destroy();
      });
    }
    near.on('data', (chunk: Buffer) => {
      if (saysNothing()) return;
      if (losing !== undefined && chunk.includes(losing.word)) {
        isLosing = losing.marker;
        losing = undefined;
      }
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      if (saysNothing()) return;
      if (isLosing !== undefined && chunk.includes(isLosing)) {
        lost += 1;
        near.resetAndDestroy();
      } else near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  url.port = String(address.port);

  return {
    url: url.href,
    leadTo: (to) => {
      port = to;
      breakOff();
    },
    breakOff,
    beSilent: (is) => {
      isSilent = is;
      if (!is) breakOff();
    },
    forget: () => {
      forgotten = accepted;
    },
    loseAnswer: (word, marker) => {
      losing = { word, marker };
    },
    lost: () => lost,
    stop: async () => {
      breakOff();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
