// A body that is handed on while it arrives, whatever its size: whoever reads it sets the pace, and no more of it is held
// than a connection's buffer. It may take longer than other requests, as long as something comes.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A JSON object a line. */
export const linesMediaType = 'application/x-ndjson';

/** The sender went away before the end of its body. */
export class BrokenBody extends Error {
  override readonly name = 'BrokenBody';
}

/** The sender has sent nothing for too long. */
export class StalledBody extends Error {
  override readonly name = 'StalledBody';
}

/** In an encoding or a charset that is not read. */
export class UnsupportedBody extends Error {
  override readonly name = 'UnsupportedBody';
}

const streaming = new WeakSet<Duplex>();

/** Whether a body is being read from the connection: the time that Node gives a whole request does not count then. */
export function isStreaming(connection: Duplex): boolean {
  return streaming.has(connection);
}

/**
 * The bytes of a body as they come. What is left when the reader stops is read off, so that the answer finds its way to
 * a sender that still sends.
 * @param patience seconds that nothing may come
 * @throws BrokenBody or StalledBody
 */
export async function* streamedBody(request: IncomingMessage, patience: number): AsyncGenerator<Uint8Array> {
  const { socket } = request;
  // A request that is destroyed takes its connection along, and with it the answer.
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  streaming.add(socket);
  try {
    for (;;) {
      const next = await withPatience(chunks, patience);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    streaming.delete(socket);
    // Not waited for: a sender that is silent keeps it from ending, and one that is gone has nothing left to read off.
    chunks.return?.().then(
      () => request.resume(),
      () => undefined,
    );
  }
}

function withPatience(chunks: AsyncIterator<Buffer>, patience: number): Promise<IteratorResult<Buffer>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StalledBody('nothing of the body came for too long'));
    }, patience * 1000);
    chunks.next().then(
      (next) => {
        clearTimeout(timer);
        resolve(next);
      },
      () => {
        clearTimeout(timer);
        reject(new BrokenBody('the body broke off'));
      },
    );
  });
}
