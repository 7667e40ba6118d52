// A proxy between a store and PostgreSQL that counts round trips. A round trip ends when the server reports that it is
// ready for the next query.
import { connect, createServer, type Socket } from 'node:net';

export interface WireCounter {
  /** The same database through the counter. */
  readonly url: string;
  /** Returns the round trips since the last call. */
  readonly roundTrips: () => number;
  readonly stop: () => Promise<void>;
}

const readyForQuery = 'Z'.charCodeAt(0);

export async function countRoundTrips(databaseUrl: string): Promise<WireCounter> {
  const url = new URL(databaseUrl);
  const { hostname, port } = url;
  const sockets = new Set<Socket>();
  let counted = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    near.pipe(far);
    far.pipe(near);
    let rest: Buffer = Buffer.alloc(0);
    far.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      // A type of one byte, then the length of everything after it (postgresql.org/docs/current/protocol-message-formats.html).
      while (rest.length >= 5 && rest.length >= 1 + rest.readInt32BE(1)) {
        if (rest[0] === readyForQuery) counted += 1;
        rest = rest.subarray(1 + rest.readInt32BE(1));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the counter has no port');
  url.port = String(address.port);
  return {
    url: url.href,
    roundTrips: () => {
      const since = counted;
      counted = 0;
      return since;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
