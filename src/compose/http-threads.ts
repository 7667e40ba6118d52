// The HTTP threads, as the main thread has them: listeners of the contracts beside its own, on the same port.
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { ConfigError } from '../config.ts';
import type { Issued } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/ports.ts';
import { closeTogether, unusedPort, type Closing } from '../http/listening.ts';
import type { HttpServer } from '../http/server.ts';
import { createSlots } from '../http/slots.ts';
import type { HttpEvent } from '../http/types.ts';
import { ending } from './ending.ts';
import { arrived, carried } from './engine-thread/wire.ts';
import type { Asked, Failure, Happened, HttpThreadData, Published, Told } from './http-thread/wire.ts';

/** What they have of the main thread, and tell it. */
export interface HttpThreadParts {
  /** The engine's thread takes refreshes from this port from now on; undefined where there is none. */
  readonly join: ((port: MessagePort) => void) | undefined;
  readonly issueDemo: (contract: string) => Promise<Issued>;
  /** The keys that are published now. */
  readonly published: () => Promise<Published>;
  readonly onEngineEvent: (event: EngineEvent) => void;
  readonly onHttpEvent: (event: HttpEvent) => void;
  readonly onFailure: (contract: string, address: string | undefined) => void;
  /** One of them has ended by itself, by a fault of ours. */
  readonly onBroken: (reason: Error) => void;
}

export interface HttpThreads {
  /**
   * Starts so many, with everything checked and warm; only the port is left to be opened.
   * @throws ConfigError with one sentence where there is no engine's thread
   */
  readonly start: (count: number, data: GivenData) => Promise<void>;
  /** Opens the port, here and in all of them. Resolves with the origin. @throws the system's error */
  readonly listen: (here: Pick<HttpServer, 'listen'>, port: number, host: string) => Promise<string>;
  /** Resolves once all of them publish the keys that are published now. */
  readonly publish: () => Promise<void>;
  /** Counts a failure that the main thread was told of. */
  readonly countFailure: (contract: string, address: string | undefined) => void;
  /** Closes the port, here and in all of them: they stop accepting, answer what they have accepted, and end. */
  readonly close: (here: Closing | undefined) => Promise<void>;
}

type GivenData = Omit<HttpThreadData, 'engine' | 'published'>;

/** None as long as none is started. */
export function createHttpThreads(parts: HttpThreadParts): HttpThreads {
  const threads: HttpThread[] = [];
  const tellOthers = (from: HttpThread | undefined, failure: Failure): void => {
    for (const thread of threads) if (thread !== from) thread.post(failure);
  };
  const started = (data: Omit<HttpThreadData, 'engine'>): HttpThread => {
    const thread: HttpThread = startHttpThread(data, {
      ...parts,
      onFailure: (contract, address) => {
        parts.onFailure(contract, address);
        tellOthers(thread, { kind: 'failure', contract, address });
      },
    });
    return thread;
  };
  return {
    start: async (count, given) => {
      if (count === 0) return;
      if (parts.join === undefined) throw new ConfigError(whyNone);
      const data = { ...given, published: await parts.published() };
      threads.push(...Array.from({ length: count }, () => started(data)));
      await Promise.all(threads.map(({ ready }) => ready));
    },
    listen: async (here, port, host) => {
      if (threads.length === 0) return here.listen(port, host);
      const shared = await unusedPort(port, host);
      const others = Promise.allSettled(threads.map(({ ask }) => ask({ kind: 'listen', port: shared, host })));
      const origin = await here.listen(shared, host, true);
      // Not while one of them is still at it: whoever is told that it failed closes them all.
      const failed = (await others).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      return origin;
    },
    publish: async () => {
      if (threads.length === 0) return;
      const published = await parts.published();
      await Promise.all(threads.map(({ ask }) => ask({ kind: 'publish', published })));
    },
    countFailure: (contract, address) => {
      tellOthers(undefined, { kind: 'failure', contract, address });
    },
    close: async (here) => {
      const closed = threads.splice(0);
      // One that has ended by itself has been told of.
      await closeTogether([...(here === undefined ? [] : [here]), ...closed.map(({ closing }) => closing)]);
      await Promise.all(closed.map(({ end }) => end()));
    },
  };
}

const whyNone = 'REFRACT_WORKERS is above 1, which is for `refract serve` alone.';

interface HttpThread {
  readonly ready: Promise<void>;
  readonly post: (asked: Asked) => void;
  /** Resolves when it is done. */
  readonly ask: (asked: WithoutId<Extract<Asked, { kind: 'listen' | 'publish' | keyof Closing }>>) => Promise<void>;
  readonly closing: Closing;
  readonly end: () => Promise<void>;
}

type WithoutId<Message> = Message extends unknown ? Omit<Message, 'id'> : never;

function startHttpThread(data: Omit<HttpThreadData, 'engine'>, parts: HttpThreadParts): HttpThread {
  const { port1: ours, port2: theirs } = new MessageChannel();
  parts.join?.(ours);
  const workerData: HttpThreadData = { ...data, engine: theirs };
  const worker = new Worker(entry, { workerData, name: 'http', transferList: [theirs] });
  const opened = Promise.withResolvers<undefined>();
  const waiting = createSlots<{ resolve: () => void; reject: (reason: Error) => void }>();
  let ended: Error | undefined;
  const post = (asked: Asked): void => {
    worker.postMessage(asked);
  };
  const answerDemo = (id: number, contract: string): void => {
    parts.issueDemo(contract).then(
      (issued) => {
        post({ kind: 'issued', id, issued });
      },
      (reason: unknown) => {
        post({ kind: 'issued', id, issued: { kind: 'thrown', reason: carried(reason) } });
      },
    );
  };
  worker.on('message', (told: Told) => {
    if (typeof told === 'string') {
      // Written by the thread a moment ago.
      for (const happened of JSON.parse(told) as readonly Happened[]) {
        if (happened[0] === 'engine') parts.onEngineEvent(happened[1]);
        else parts.onHttpEvent(happened[1]);
      }
      return;
    }
    switch (told.kind) {
      case 'ready':
        opened.resolve(undefined);
        return;
      case 'done':
        waiting.take(told.id)?.resolve();
        return;
      case 'thrown': {
        const reason = arrived(told.reason);
        if (told.id === undefined) opened.reject(reason);
        else waiting.take(told.id)?.reject(reason);
        return;
      }
      case 'demo':
        answerDemo(told.id, told.contract);
        return;
      case 'failure':
        parts.onFailure(told.contract, told.address);
        return;
    }
  });
  const onEnded = (reason: Error): void => {
    if (ended !== undefined) return;
    ended = reason;
    opened.reject(reason);
    for (const { reject } of waiting.all()) reject(reason);
    parts.onBroken(reason);
  };
  // What nobody has caught there.
  worker.on('error', onEnded);
  worker.on('exit', (code) => {
    onEnded(new Error(`an HTTP thread has ended with ${String(code)}`));
  });
  const ask: HttpThread['ask'] = (asked) =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) throw ended;
      post({ ...asked, id: waiting.put({ resolve, reject }) });
    });
  return {
    ready: opened.promise,
    post,
    ask,
    closing: {
      hold: () => ask({ kind: 'hold' }),
      shut: () => ask({ kind: 'shut' }),
      release: () => ask({ kind: 'release' }),
    },
    end: async () => {
      ended ??= new Error('the HTTP thread is closed');
      await worker.terminate();
    },
  };
}

const entry = new URL(`./http-thread/entry${ending}`, import.meta.url);
