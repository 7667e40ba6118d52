// How a program that runs until it is told to stop is told so.

/**
 * Milliseconds. A terminal sends Ctrl-C to npm and to us, and npm hands its own on; that is one Ctrl-C, and not a second.
 */
const echo = 500;

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
        const isEcho = signal === 'SIGINT' && first.signal === 'SIGINT' && now - first.at < echo;
        if (!isEcho) process.exit(1);
      });
    }
  });
}
