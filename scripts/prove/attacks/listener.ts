// An address that hostile tokens name: whoever calls it has followed a token that was not verified.
import { createServer } from 'node:net';

export interface Listener {
  readonly origin: string;
  readonly calls: () => number;
  readonly close: () => Promise<void>;
}

export async function startListener(): Promise<Listener> {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the listener has no port');
  return {
    origin: `http://127.0.0.1:${String(address.port)}`,
    calls: () => calls,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
