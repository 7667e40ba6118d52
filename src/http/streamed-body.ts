// A body that the handler reads while it arrives, of any size. The reader sets the pace, so at most the buffer of a
// connection is in memory. Such a request may take longer than others, as long as data arrives.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The client closed the connection before the end of the body. */
export class AbortedBody extends Error {
  override readonly name = 'AbortedBody';
}

/** The client sent no data for longer than the timeout. */
export class StalledBody extends Error {
  override readonly name = 'StalledBody';
}

/** The body has an unsupported encoding or charset. */
export class UnsupportedBody extends Error {
  override readonly name = 'UnsupportedBody';
}

const streaming = new WeakSet<Duplex>();

/** Reports whether a body is streamed from the connection; Node's request timeout does not apply then. */
export function isStreaming(connection: Duplex): boolean {
  return streaming.has(connection);
}

/**
 * Yields the chunks of a body. When the reader stops early, the rest is discarded, so that a client that is still sending
 * receives the response.
 * @param stallTimeout seconds without data
 * @throws AbortedBody or StalledBody
 */
export async function* streamBody(request: IncomingMessage, stallTimeout: number): AsyncGenerator<Uint8Array> {
  const { socket } = request;
  // Destroying the request would close the connection before the response.
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  streaming.add(socket);
  try {
    for (;;) {
      const next = await nextWithin(chunks, stallTimeout);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    streaming.delete(socket);
    // Not awaited: a silent client would delay the end.
    chunks.return?.().then(
      () => request.resume(),
      () => undefined,
    );
  }
}

async function nextWithin(chunks: AsyncIterator<Buffer>, stallTimeout: number): Promise<IteratorResult<Buffer>> {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new StalledBody('the client sent no data for too long'));
  }, stallTimeout * 1000);
  const next = chunks.next().catch(() => {
    throw new AbortedBody('the client closed the connection');
  });
  try {
    return await Promise.race([next, stalled]);
  } finally {
    clearTimeout(timer);
  }
}
