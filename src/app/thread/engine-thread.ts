// The engine thread, as the main thread uses it: refreshes in batches, and its store by calls.
import { Worker } from 'node:worker_threads';
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import { deserializeError, RefractError } from '../../errors.ts';
import type { GroupCommitted } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { moduleEnding } from '../contracts.ts';
import type { OpenedStore } from '../open.ts';
import type { Batch, ThreadData, ThreadRequest, ThreadResponse, Timed } from './protocol.ts';
import { createRefreshes } from './refreshes.ts';

export interface ThreadObserver {
  readonly onEngineEvent: (event: EngineEvent) => void;
  readonly onTimed: (what: Timed, seconds: number) => void;
  readonly onCommit: (group: GroupCommitted) => void;
  /** The thread has ended by a fault; pending calls were rejected as unavailable. */
  readonly onBroken: (reason: Error) => void;
}

/** Closing its store ends the thread. */
export interface EngineThread extends OpenedStore {
  readonly refresh: (contract: string, token: string, requestId: string) => Promise<Outcome>;
  /** Opens the keys of the thread unless they are open. @throws RefractError `key` */
  readonly openKeys: () => Promise<void>;
  /** @throws RefractError `key` where a key set that was added since cannot be opened */
  readonly reloadKeys: () => Promise<void>;
  /** Resolves once no refresh is pending: every event of them was emitted. */
  readonly settled: () => Promise<void>;
  /** From now on its times are reported. */
  readonly measure: () => void;
}

/** Starts the thread with its store open. @throws RefractError `store` */
export async function startEngineThread(data: ThreadData, observer: ThreadObserver): Promise<EngineThread> {
  const worker = new Worker(entry, { workerData: data, name: 'engine' });
  const post = (request: ThreadRequest): void => {
    worker.postMessage(request);
  };
  const refreshes = createRefreshes(post, observer.onEngineEvent);
  const calls = createCalls(post);
  const opened = Promise.withResolvers<readonly string[]>();
  let isOpen = true;
  const end = (cause: string): void => {
    isOpen = false;
    refreshes.end(cause);
    calls.end(cause);
  };
  const onEnded = (reason: Error): void => {
    if (!isOpen) return;
    end("the engine's thread has ended");
    opened.reject(reason);
    observer.onBroken(reason);
  };
  worker.on('error', onEnded);
  worker.on('exit', (code) => {
    onEnded(new Error(`the engine's thread has ended with ${String(code)}`));
  });
  worker.on('message', (response: ThreadResponse) => {
    if (typeof response === 'string') {
      // Written by the thread.
      const batch = JSON.parse(response) as Batch;
      observeBatch(batch, observer);
      refreshes.settle(batch.outcomes);
    } else if (response.kind === 'opened') opened.resolve(response.storeMethods);
    else if (response.kind === 'unopened') {
      end('the store could not be opened');
      opened.reject(deserializeError(response.error));
    } else calls.settle(response);
  });
  const { call } = calls;
  const methods = Object.fromEntries((await opened.promise).map((method) => [method, call(method)]));
  return {
    pool: undefined,
    refresh: refreshes.refresh,
    settled: refreshes.settled,
    store: {
      // The thread reports the methods of its own store.
      ...(methods as unknown as Store),
      close: async () => {
        if (isOpen) await call('close')();
        end('the store is closed');
        await worker.terminate();
      },
    },
    openKeys: call('openKeys'),
    reloadKeys: call('reloadKeys'),
    measure: () => {
      // A thread that has ended measures nothing.
      call('measure')().catch(() => undefined);
    },
  };
}

const entry = new URL(`./entry${moduleEnding}`, import.meta.url);

/** Events first: once a caller has its response, every event of the request was emitted. */
function observeBatch({ times, commits, events }: Batch, { onTimed, onCommit, onEngineEvent }: ThreadObserver): void {
  for (const [what, seconds] of times) onTimed(what, seconds);
  for (const group of commits) onCommit(group);
  for (const event of events) onEngineEvent(event);
}

/** Calls of methods on the thread, each with its pending promise. */
function createCalls(post: (request: ThreadRequest) => void) {
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  let ended: string | undefined;
  return {
    call:
      (method: string) =>
      async (...input: readonly unknown[]): Promise<undefined> => {
        if (ended !== undefined) throw new RefractError('unavailable', ended);
        lastId += 1;
        const result = Promise.withResolvers<unknown>();
        pending.set(lastId, result);
        post({ id: lastId, method, input });
        // Methods of the store are typed by `Store`; of the others nobody reads the value.
        return result.promise as Promise<undefined>;
      },
    settle: (response: Extract<ThreadResponse, { readonly id: number }>): void => {
      const result = pending.get(response.id);
      pending.delete(response.id);
      if (response.kind === 'value') result?.resolve(response.value);
      else result?.reject(deserializeError(response.error));
    },
    end: (cause: string): void => {
      ended ??= cause;
      for (const { reject } of pending.values()) reject(new RefractError('unavailable', cause));
      pending.clear();
    },
  };
}
