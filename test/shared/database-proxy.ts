// What stands between a store and PostgreSQL and lets go wrong on purpose what networks let go wrong: it leads elsewhere,
// breaks off, says nothing any more, or loses the answer to a statement that was carried out.
import { connect, createServer, type Socket } from 'node:net';

export interface DatabaseProxy {
  /** The same database by way of the proxy. */
  readonly url: string;
  /** To the server at another port from now on; all connections break off. */
  readonly leadTo: (port: number) => void;
  readonly breakOff: () => void;
  /** While it is silent, nothing is handed on in either direction, and nobody is told; then all connections break off. */
  readonly beSilent: (isSilent: boolean) => void;
  /** The connections that there are say nothing any more, and nobody is told; new ones are as before. */
  readonly forget: () => void;
  /** The next message with the word is handed on and carried out; where an answer with the other comes, it breaks off. */
  readonly loseAnswer: (word: string, answer: string) => void;
  /** How many answers it has lost. */
  readonly lost: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts a proxy; `stop` it. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const url = new URL(databaseUrl);
  const { hostname } = url;
  let port = Number(url.port);
  let isSilent = false;
  let losing: { readonly word: string; readonly answer: string } | undefined;
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
        // Of a silent network nobody hears, not even that the other one is gone.
        if (!saysNothing()) other.destroy();
      });
    }
    near.on('data', (chunk: Buffer) => {
      if (saysNothing()) return;
      if (losing !== undefined && chunk.includes(losing.word)) {
        isLosing = losing.answer;
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
  if (address === null || typeof address === 'string') throw new Error('a port was asked for');
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
    loseAnswer: (word, answer) => {
      losing = { word, answer };
    },
    lost: () => lost,
    stop: async () => {
      breakOff();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
