// The main thread's side of the engine thread: batches of refreshes, and calls of the store.
import { Worker } from 'node:worker_threads';
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import { deserializeError, isUnavailable, RefractError } from '../../errors.ts';
import { createSlots } from '../../http/listening.ts';
import type { ObserveTime } from '../../observe/outcomes.ts';
import type { GroupCommitted } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { moduleEnding } from '../contracts.ts';
import type { OpenedStore } from '../open.ts';
import type { Batch, RefreshCall, ThreadData, ThreadRequest, ThreadResponse } from './protocol.ts';

export interface ThreadObserver {
  readonly onEngineEvent: (event: EngineEvent) => void;
  readonly onTimed: ObserveTime;
  readonly onCommit: (group: GroupCommitted) => void;
  /** Called when the thread has ended by a fault; pending calls were rejected as unavailable. */
  readonly onBroken: (reason: Error) => void;
}

/** The engine thread; closing its store ends it. */
export interface EngineThread extends OpenedStore {
  readonly refresh: (contract: string, token: string, requestId: string) => Promise<Outcome>;
  /** Opens the keys of the thread unless they are open. @throws RefractError `key` */
  readonly openKeys: () => Promise<void>;
  /** @throws RefractError `key` where a key set that was added since cannot be opened */
  readonly reloadKeys: () => Promise<void>;
  /** Resolves once no refresh is pending, and all their events were emitted. */
  readonly settled: () => Promise<void>;
  /** Starts to report times. */
  readonly measure: () => void;
}

/** Starts the thread with its store open. @throws RefractError `store` */
export async function startEngineThread(data: ThreadData, observer: ThreadObserver): Promise<EngineThread> {
  const worker = new Worker(entry, { workerData: data, name: 'engine' });
  const post = (request: ThreadRequest): void => {
    worker.postMessage(request);
  };
  const refreshes = createRefreshes(post, observer.onEngineEvent);
  const calls = createPending();
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
      // Serialized by the thread.
      const batch = JSON.parse(response) as Batch;
      observeBatch(batch, observer);
      refreshes.settle(batch.outcomes);
    } else if (response.kind === 'opened') opened.resolve(response.storeMethods);
    else if (response.kind === 'unopened') {
      end('the store could not be opened');
      opened.reject(deserializeError(response.error));
    } else if (response.kind === 'value') calls.resolve(response.id, response.value);
    else calls.reject(response.id, deserializeError(response.error));
  });
  const call =
    (method: string) =>
    (...input: readonly unknown[]): Promise<undefined> =>
      calls.add((id) => {
        post({ id, method, input });
      });
  const methods = Object.fromEntries((await opened.promise).map((method) => [method, call(method)]));
  return {
    pool: undefined,
    refresh: refreshes.refresh,
    settled: refreshes.settled,
    store: {
      // The thread sends the method names of its store.
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
      // The thread may have ended.
      call('measure')().catch(() => undefined);
    },
  };
}

const entry = new URL(`./entry${moduleEnding}`, import.meta.url);

/** Called before the outcomes are settled: when a caller gets its response, all events of the request were emitted. */
function observeBatch({ times, commits, events }: Batch, { onTimed, onCommit, onEngineEvent }: ThreadObserver): void {
  for (const [step, seconds] of times) onTimed(step, seconds);
  for (const group of commits) onCommit(group);
  for (const event of events) onEngineEvent(event);
}

/** Refreshes of the thread, sent in pieces of those that arrive in one turn of the event loop. */
export interface Refreshes {
  /** Rejects only for a fault, as an engine does. */
  readonly refresh: EngineThread['refresh'];
  readonly settle: (outcomes: Batch['outcomes']) => void;
  /** Makes the engine unavailable for pending and later refreshes. */
  readonly end: (cause: string) => void;
  readonly settled: () => Promise<void>;
}

/**
 * The size of a piece, as a fraction of the pending refreshes: the engine works on a piece while the main thread reads the
 * next one. Smaller pieces would need a commit for each one or two refreshes.
 */
const pieceFraction = 1 / 3;
const minPiece = 4;

/** @param post sends a JSON list of `RefreshCall` @param emit receives the events of refreshes without an outcome */
export function createRefreshes(post: (text: string) => void, emit: (event: EngineEvent) => void): Refreshes {
  const pending = createPending();
  let piece: RefreshCall[] = [];
  const flush = (): void => {
    if (piece.length === 0) return;
    const sent = piece;
    piece = [];
    post(JSON.stringify(sent));
  };
  return {
    refresh: async (contract, token, requestId) => {
      try {
        return await pending.add<Outcome>((id) => {
          if (piece.length === 0) setImmediate(flush);
          piece.push([id, contract, token, requestId]);
          if (piece.length >= Math.max(minPiece, pending.count() * pieceFraction)) flush();
        });
      } catch (reason) {
        if (!isUnavailable(reason)) throw reason;
        emit({ type: 'unavailable', contract, requestId, cause: reason.message });
        return { kind: 'unavailable' };
      }
    },
    settle: (outcomes) => {
      for (const [id, outcome] of outcomes) {
        if (outcome.kind === 'error') pending.reject(id, deserializeError(outcome.error));
        else pending.resolve(id, outcome);
      }
    },
    ...{ end: pending.end, settled: pending.settled },
  };
}

/** Calls without a response yet. */
function createPending() {
  const pending = createSlots<PromiseWithResolvers<unknown>>();
  let ended: string | undefined;
  return {
    count: pending.count,
    add: <Value>(send: (id: number) => void): Promise<Value> => {
      if (ended !== undefined) return Promise.reject(new RefractError('unavailable', ended));
      const result = Promise.withResolvers<unknown>();
      send(pending.add(result));
      // The thread responds with the result of the called method.
      return result.promise as Promise<Value>;
    },
    resolve: (id: number, value: unknown) => pending.remove(id)?.resolve(value),
    reject: (id: number, reason: Error) => pending.remove(id)?.reject(reason),
    end: (cause: string): void => {
      ended ??= cause;
      for (const { reject } of pending.all()) reject(new RefractError('unavailable', cause));
    },
    settled: async (): Promise<void> => {
      while (ended === undefined && pending.count() > 0) {
        await Promise.allSettled(pending.all().map(({ promise }) => promise));
      }
    },
  };
}
