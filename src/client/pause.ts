// Waiting, until it is time or nobody waits any more.

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
    if (signal?.aborted === true) done();
  });
}

/** Milliseconds to wait that an answer asks for (RFC 9110 §10.2.3), five minutes at most; 0 where it asks for nothing. */
export function retryAfter(response: Response | undefined): number {
  const asked = response?.headers.get('retry-after') ?? '';
  const wait = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - Date.now();
  return wait > 0 ? Math.min(wait, 300_000) : 0;
}

/** Resolves once this machine has a network again, as far as it knows. */
export async function online(signal: AbortSignal): Promise<void> {
  while ((globalThis.navigator as { onLine?: boolean } | undefined)?.onLine === false && !signal.aborted) {
    const waiting = new AbortController();
    const wake = (): void => waiting.abort();
    // Where there is no such event, one looks again.
    globalThis.addEventListener?.('online', wake);
    signal.addEventListener('abort', wake);
    await pause(5_000, waiting.signal);
    globalThis.removeEventListener?.('online', wake);
    signal.removeEventListener('abort', wake);
  }
}
