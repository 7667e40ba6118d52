// The process of a program that runs until it is stopped: the signals that stop it, and its memory.

/** A terminal sends Ctrl-C to npm and to this process, and npm forwards its own: within this time that is one Ctrl-C. */
const echoMs = 500;

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first: { readonly signal: string; readonly at: number } | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        const now = performance.now();
        if (first === undefined) {
          first = { signal, at: now };
          resolve();
          return;
        }
        const isEcho = signal === 'SIGINT' && first.signal === 'SIGINT' && now - first.at < echoMs;
        if (!isEcho) process.exit(1);
      });
    }
  });
}

/** The same as an `AbortSignal`. */
export function abortOnStop(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  // It never rejects.
  stopSignal().then(abort, abort);
  return controller.signal;
}

/**
 * Collects garbage once, which takes about 50 ms and releases a third of the memory: V8 itself waits for more garbage,
 * which a quiet server never makes.
 */
export async function collectGarbage(): Promise<void> {
  try {
    // Through the inspector of this process: it opens no port, and needs no flag of V8.
    const { Session } = await import('node:inspector/promises');
    const session = new Session();
    session.connect();
    await session.post('HeapProfiler.collectGarbage');
    session.disconnect();
  } catch {
    // Node may lack the inspector or the permission to use it (`--permission`); nothing depends on it.
  }
}
