// Opening and closing a port, as promises.
import type { Server } from 'node:http';

/** An address as an origin; IPv6 in brackets (RFC 3986 §3.2.2). */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

/** Opens a port; resolves with the origin. @throws the system's error, for example for a port in use */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      const opened = typeof address === 'object' && address !== null ? address.port : port;
      resolve(originOf(host, opened));
    });
  });
}

/**
 * Stops accepting and resolves once every accepted request was answered.
 * @param patience seconds after which what is still open is cut off: Node ends its own time-outs with the listening
 */
export function close(server: Server, patience: number): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    const deadline = setTimeout(() => {
      server.closeAllConnections();
    }, patience * 1000);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
    // Nor may one that becomes idle now wait for another request.
    server.keepAliveTimeout = 1;
    server.keepAliveTimeoutBuffer = 0;
  });
}
