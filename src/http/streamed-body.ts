// A body that is handed on while it arrives, whatever its size: its reader sets the pace, and only the connection's
// buffer is held. It has no limit of time but the one between two chunks.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** One JSON object per line. */
export const linesMediaType = 'application/x-ndjson';

/** The client closed the connection before the end of its body. */
export class BrokenBody extends Error {
  override readonly name = 'BrokenBody';
}

/** The client sent nothing for too long. */
export class StalledBody extends Error {
  override readonly name = 'StalledBody';
}

/** The body has an encoding or a charset that is not supported. */
export class UnsupportedBody extends Error {
  override readonly name = 'UnsupportedBody';
}

const streaming = new WeakSet<Duplex>();

/** Whether a body is streamed from the connection, so that Node's timeout of a request does not count. */
export function isStreaming(connection: Duplex): boolean {
  return streaming.has(connection);
}

/**
 * The chunks of a body as they arrive. What the reader leaves is read and dropped, so that a client which still sends
 * receives the response.
 * @param timeout seconds for which nothing may arrive
 * @throws BrokenBody or StalledBody
 */
export async function* streamedBody(request: IncomingMessage, timeout: number): AsyncGenerator<Uint8Array> {
  const { socket } = request;
  // To destroy the request would close its connection before the response.
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  streaming.add(socket);
  try {
    for (;;) {
      const next = await nextWithin(chunks, timeout);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    streaming.delete(socket);
    // Not awaited: it does not settle while the client is silent.
    chunks.return?.().then(
      () => request.resume(),
      () => undefined,
    );
  }
}

function nextWithin(chunks: AsyncIterator<Buffer>, timeout: number): Promise<IteratorResult<Buffer>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StalledBody('nothing of the body came for too long')), timeout * 1000);
    chunks
      .next()
      .then(resolve, () => reject(new BrokenBody('the body broke off')))
      .finally(() => clearTimeout(timer));
  });
}
