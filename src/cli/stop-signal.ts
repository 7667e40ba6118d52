// How a program that runs until it is stopped learns that it is to stop.

/** Milliseconds. A terminal sends Ctrl-C to npm and to us, and npm passes its own on: that is one Ctrl-C, not two. */
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

/** The same as a signal that aborts. */
export function abortAtStop(): AbortSignal {
  const controller = new AbortController();
  stopSignal().then(
    () => {
      controller.abort();
    },
    // It never rejects.
    () => undefined,
  );
  return controller.signal;
}
