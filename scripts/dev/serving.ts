/** The thread that serves, seen from outside: started, given an edited document, handed over to the next one, stopped. */
import { Worker } from 'node:worker_threads';
import type { Answer, Question, ServedOptions } from './served.ts';

export interface Serving {
  readonly origin: string;
  readonly mockOrigin: string;
  readonly database: string;
  /** A ready-to-paste call for every contract, in lines. */
  readonly demoCalls: () => Promise<readonly string[]>;
  /** Serves an edited document. @returns why the one before goes on being served, if so */
  readonly replaceDocument: (name: string) => Promise<string | undefined>;
  /**
   * Serves the sources as they are now: the next thread is made ready, then takes over the ports.
   * @returns why the one before goes on, if so
   */
  readonly restart: () => Promise<string | undefined>;
  readonly stop: () => Promise<void>;
}

/** What could not be served. */
export class ServingError extends Error {
  override readonly name = 'ServingError';
}

/** @throws ServingError where nothing could be served at all */
export async function startServing(options: ServedOptions): Promise<Serving> {
  let current = await ready(options);
  const { origin, mockOrigin, database } = await open(current);
  const inPlace = { ...options, port: new URL(origin).port, mockPort: Number(new URL(mockOrigin).port) };

  return {
    origin,
    mockOrigin,
    database,
    demoCalls: async () => {
      const answer = await ask(current, { kind: 'demo' });
      return answer.kind === 'told' ? answer.lines : [];
    },
    replaceDocument: async (name) => {
      const answer = await ask(current, { kind: 'replace', name });
      return answer.kind === 'refused' ? answer.sentence : undefined;
    },
    restart: async () => {
      try {
        const next = await ready(inPlace);
        await stop(current);
        current = next;
        await open(next);
        return undefined;
      } catch (reason) {
        if (reason instanceof ServingError) return reason.message;
        throw reason;
      }
    },
    stop: () => stop(current),
  };
}

/** A thread that has checked everything and only waits for the ports. */
async function ready(workerData: ServedOptions): Promise<Worker> {
  const worker = new Worker(new URL('./served.ts', import.meta.url), { workerData });
  const answer = await answerOf(worker);
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
      settle({ kind: 'refused', sentence: 'The thread that serves has ended; save a source file to start it again.' });
    };
    worker.on('message', settle).on('error', broke).on('exit', ended);
    if (worker.threadId === -1) ended();
  });
}

function stop(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.threadId === -1) {
      resolve();
      return;
    }
    worker.once('exit', () => {
      resolve();
    });
    worker.postMessage({ kind: 'stop' } satisfies Question);
  });
}
