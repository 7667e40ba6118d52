// The engine thread, as the main thread uses it: refreshes in batches, and its store by calls.
import { Worker } from 'node:worker_threads';
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import { deserializeError, isUnavailable, RefractError } from '../../errors.ts';
import { createSlots } from '../../http/listening.ts';
import type { GroupCommitted } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { moduleEnding } from '../contracts.ts';
import type { OpenedStore } from '../open.ts';
import type { Batch, Presented, ThreadData, ThreadRequest, ThreadResponse, Timed } from './protocol.ts';

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
      // Written by the thread.
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

/** Refreshes on their way to the thread and back, in pieces of those that arrive in one turn of the event loop. */
export interface Refreshes {
  /** As an engine's own: resolves for everything but a fault. */
  readonly refresh: EngineThread['refresh'];
  readonly settle: (outcomes: Batch['outcomes']) => void;
  /** The engine is unavailable for pending and later refreshes. @param cause in a sentence */
  readonly end: (cause: string) => void;
  readonly settled: () => Promise<void>;
}

/**
 * The part of all pending refreshes that makes a piece: the engine decides about it while the next one is read and the
 * one before is answered. In small pieces, a commit for each one or two would cost more than waiting does.
 */
const pieceOfPending = 1 / 3;
const smallestPiece = 4;

/** @param post sends a JSON list of `Presented` @param emit receives the events of refreshes that the thread never answers */
export function createRefreshes(post: (text: string) => void, emit: (event: EngineEvent) => void): Refreshes {
  const pending = createPending();
  let piece: Presented[] = [];
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
          if (piece.length >= Math.max(smallestPiece, pending.count() * pieceOfPending)) flush();
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

/** What was sent to the thread and has no response yet. */
function createPending() {
  const pending = createSlots<PromiseWithResolvers<unknown>>();
  let ended: string | undefined;
  return {
    count: pending.count,
    add: <Value>(send: (id: number) => void): Promise<Value> => {
      if (ended !== undefined) return Promise.reject(new RefractError('unavailable', ended));
      const result = Promise.withResolvers<unknown>();
      send(pending.add(result));
      // The thread responds with the value of the method or refresh that was sent.
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
