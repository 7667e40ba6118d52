/** The thread that serves, seen from outside: started, given an edited document, handed over to the next one, stopped. */
import { Worker } from 'node:worker_threads';
import type { Answer, Opened, Question, ServedOptions } from './served.ts';

export interface Serving extends Opened {
  /** A ready-to-paste call for every contract, in lines. */
  readonly demoCalls: () => Promise<readonly string[]>;
  /** Serves an edited document. @returns why the one before stays served, if so */
  readonly replaceDocument: (name: string) => Promise<string | undefined>;
  /** Serves the sources as they are now, by the next thread. @returns why the one before stays, if so */
  readonly restart: () => Promise<string | undefined>;
  /** Calls back when the thread that serves has ended by itself, with the reason; then nothing is served. */
  readonly onDeath: (tell: (reason: string) => void) => void;
  /** Also where a thread does not answer. */
  readonly stop: () => Promise<void>;
}

/** Milliseconds that a thread may take to become ready; a source that never returns would take for ever. */
const patience = 30_000;

/** Milliseconds that a thread may take to stop: the server's own time-out, and some more. */
const stopPatience = 8_000;

/** What could not be served. */
class ServingError extends Error {
  override readonly name = 'ServingError';
}

/** @throws ServingError where nothing could be served at all */
export async function startServing(options: ServedOptions): Promise<Serving> {
  let tellDeath: (reason: string) => void = () => undefined;
  let current = await ready(options);
  /** The next one, while it is being made ready. */
  let next: Worker | undefined;
  const opened = await open(current);
  const portOf = (origin: string): string => new URL(origin).port;
  const inPlace = {
    ...options,
    port: portOf(opened.origin),
    adminPort: portOf(opened.adminOrigin),
    mockPort: Number(portOf(opened.mockOrigin)),
  };
  const watchOver = (worker: Worker): void => {
    let reason = 'its last words, if any, are above';
    worker.on('error', (cause: unknown) => {
      reason = cause instanceof Error ? cause.message : String(cause);
    });
    worker.on('exit', () => {
      if (worker === current) tellDeath(reason);
    });
  };
  watchOver(current);

  const restart = async (): Promise<string | undefined> => {
    try {
      const following = await ready(inPlace, (worker) => (next = worker));
      const former = current;
      current = following;
      next = undefined;
      await stop(former);
      await open(following);
      watchOver(following);
      return undefined;
    } catch (reason) {
      next = undefined;
      if (reason instanceof ServingError) return reason.message;
      throw reason;
    }
  };

  return {
    ...opened,
    demoCalls: async () => {
      const answer = await ask(current, { kind: 'demo' });
      return answer.kind === 'told' ? answer.lines : [];
    },
    replaceDocument: async (name) => {
      if (isOver(current)) return restart();
      const answer = await ask(current, { kind: 'replace', name });
      return answer.kind === 'refused' ? answer.sentence : undefined;
    },
    restart,
    onDeath: (tell) => {
      tellDeath = tell;
    },
    stop: async () => {
      tellDeath = () => undefined;
      await next?.terminate();
      await stop(current);
    },
  };
}

/** A thread that has checked everything and only waits for the ports. */
async function ready(workerData: ServedOptions, begun: (worker: Worker) => void = () => undefined): Promise<Worker> {
  const worker = new Worker(new URL('./served.ts', import.meta.url), { workerData });
  begun(worker);
  const answer = await Promise.race([
    answerOf(worker),
    after(patience, { kind: 'refused', sentence: 'The sources do not come to an end; is there a loop?' } as const),
  ]);
  if (answer.kind === 'refused') {
    await worker.terminate();
    throw new ServingError(answer.sentence);
  }
  return worker;
}

async function open(worker: Worker): Promise<Extract<Answer, { kind: 'open' }>> {
  const answer = await ask(worker, { kind: 'open' });
  if (answer.kind === 'open') return answer;
  await worker.terminate();
  throw new ServingError(answer.kind === 'refused' ? answer.sentence : 'The thread that serves did not open a port.');
}

function isOver(worker: Worker): boolean {
  return worker.threadId === -1;
}

function after<Value>(milliseconds: number, value: Value): Promise<Value> {
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve(value);
    }, milliseconds).unref();
  });
}

function ask(worker: Worker, question: Question): Promise<Answer> {
  const answer = answerOf(worker);
  worker.postMessage(question);
  return answer;
}

/** The next answer of the thread; a thread that breaks or is gone refuses. */
function answerOf(worker: Worker): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      worker.off('message', settle).off('error', broke).off('exit', ended);
      resolve(answer);
    };
    const broke = (reason: unknown): void => {
      settle({ kind: 'refused', sentence: reason instanceof Error ? reason.message : String(reason) });
    };
    const ended = (): void => {
      settle({ kind: 'refused', sentence: 'The thread that was to serve has ended.' });
    };
    worker.on('message', settle).on('error', broke).on('exit', ended);
    if (isOver(worker)) ended();
  });
}

async function stop(worker: Worker): Promise<void> {
  if (isOver(worker)) return;
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      resolve();
    });
  });
  worker.postMessage({ kind: 'stop' } satisfies Question);
  await Promise.race([ended, after(stopPatience, undefined)]);
  if (!isOver(worker)) await worker.terminate();
}
