// Starts the serving thread, replaces it by the next one, and stops it.
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Opened, ThreadOptions, ThreadRequest, ThreadResponse } from './thread.ts';

export type Serving = Awaited<ReturnType<typeof startServing>>;

/** A source may contain an endless loop. */
const readyTimeoutMs = 30_000;

/** The server's own timeout and some more. */
const stopTimeoutMs = 8_000;

class ServingError extends Error {
  override readonly name = 'ServingError';
}

/** @throws ServingError where nothing can be served */
export async function startServing(options: ThreadOptions) {
  let onDeath: (reason: string) => void = () => undefined;
  let current = await startThread(options);
  /** The next thread, while it starts. */
  let next: Worker | undefined;
  const opened = await open(current);
  let { unserved, served } = opened;
  const portOf = (origin: string): string => new URL(origin).port;
  const samePorts = {
    ...options,
    port: portOf(opened.origin),
    adminPort: portOf(opened.adminOrigin),
    mockPort: Number(portOf(opened.mockOrigin)),
  };
  const watchForDeath = (worker: Worker): void => {
    let reason = 'see the lines above';
    worker.on('error', (cause: unknown) => {
      reason = messageOf(cause);
    });
    worker.on('exit', () => {
      if (worker === current) onDeath(reason);
    });
  };
  watchForDeath(current);

  /** Serves the current sources by the next thread. @returns why the previous one stays, if so */
  const restart = async (): Promise<string | undefined> => {
    try {
      const following = await startThread({ ...samePorts, required: served }, (worker) => (next = worker));
      const former = current;
      current = following;
      await stop(former);
      ({ unserved, served } = await open(following));
      watchForDeath(following);
      return undefined;
    } catch (reason) {
      if (reason instanceof ServingError) return reason.message;
      throw reason;
    } finally {
      next = undefined;
    }
  };

  return {
    ...opened,
    /** Returns why the server leaves documents out, one sentence each. */
    unserved: (): readonly string[] => unserved,
    restart,
    /** Resolves with the lines of a ready-to-paste call for every contract. */
    demoCalls: async (): Promise<readonly string[]> => (await send(current, { kind: 'demo' })).lines ?? [],
    /** Serves an edited document. @returns why the previous one stays served, if so */
    replaceDocument: async (name: string): Promise<string | undefined> =>
      hasEnded(current) ? restart() : (await send(current, { kind: 'replace', name })).error,
    /** Sets the callback for a thread that ended by itself; then nothing is served. */
    onDeath: (callback: (reason: string) => void): void => {
      onDeath = callback;
    },
    stop: async (): Promise<void> => {
      onDeath = () => undefined;
      await next?.terminate();
      await stop(current);
    },
  };
}

/** Starts a thread that has checked everything and only waits for the ports. */
async function startThread(
  workerData: ThreadOptions,
  onStart: (worker: Worker) => void = () => undefined,
): Promise<Worker> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData });
  onStart(worker);
  const timeout = { error: 'The sources do not finish loading; look for an endless loop.' };
  const { error } = await Promise.race([
    responseOf(worker),
    pause<ThreadResponse>(readyTimeoutMs, timeout, { ref: false }),
  ]);
  if (error === undefined) return worker;
  await worker.terminate();
  throw new ServingError(error);
}

async function open(worker: Worker): Promise<Opened> {
  const { opened, error = 'The serving thread did not open a port.' } = await send(worker, { kind: 'open' });
  if (opened !== undefined) return opened;
  await worker.terminate();
  throw new ServingError(error);
}

function hasEnded(worker: Worker): boolean {
  return worker.threadId === -1;
}

function send(worker: Worker, request: ThreadRequest): Promise<ThreadResponse> {
  const response = responseOf(worker);
  worker.postMessage(request);
  return response;
}

/** Resolves with the next response of the thread; with an error where the thread fails or has ended. */
function responseOf(worker: Worker): Promise<ThreadResponse> {
  return new Promise((resolve) => {
    const settle = (response: ThreadResponse): void => {
      worker.off('message', settle).off('error', fail).off('exit', end);
      resolve(response);
    };
    const fail = (reason: unknown): void => settle({ error: messageOf(reason) });
    const end = (): void => settle({ error: 'The serving thread has ended.' });
    worker.on('message', settle).on('error', fail).on('exit', end);
    if (hasEnded(worker)) end();
  });
}

async function stop(worker: Worker): Promise<void> {
  if (hasEnded(worker)) return;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage({ kind: 'stop' } satisfies ThreadRequest);
  await Promise.race([ended, pause(stopTimeoutMs, undefined, { ref: false })]);
  if (!hasEnded(worker)) await worker.terminate();
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
