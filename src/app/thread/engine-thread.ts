// The engine's thread, as the main thread has it: refreshes are sent there in batches, and its store is asked as if it
// were here.
import { Worker } from 'node:worker_threads';
import { deserializeError, RefractError } from '../../errors.ts';
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import type { Store } from '../../store/store.ts';
import { createSlots } from '../../http/slots.ts';
import type { GroupCommitted } from '../../store/sqlite.ts';
import { ending } from '../ending.ts';
import type { OpenedStore } from '../open.ts';
import { createRefreshes } from './refreshes.ts';
import type { Asked, Batch, StoreMethod, ThreadData, Timed, Told } from './protocol.ts';

/** Who is told what the thread tells of. */
export interface ThreadObserver {
  readonly onEngineEvent: (event: EngineEvent) => void;
  readonly onTimed: (what: Timed, seconds: number) => void;
  readonly onCommit: (group: GroupCommitted) => void;
  /** It has ended by itself, by a fault of ours; whoever waited is told that the store is unavailable. */
  readonly onBroken: (reason: Error) => void;
}

/** Closing its store ends the thread. */
export interface EngineThread extends OpenedStore {
  readonly refresh: (contract: string, token: string, requestId: string) => Promise<Outcome>;
  /** Opens the keys that the thread signs and verifies with, if they are not. @throws RefractError `key` as any start does */
  readonly openKeys: () => Promise<void>;
  /** Looks at them anew. @throws RefractError `key` where one that was added since cannot be opened */
  readonly reloadKeys: () => Promise<void>;
  /** Resolves once no refresh of the main thread is under way: all that is to be told of them was told. */
  readonly settled: () => Promise<void>;
  /** From now on its times are told. */
  readonly measure: () => void;
}

/** Starts it with its store open. @throws RefractError `store` where that cannot be */
export async function startEngineThread(data: ThreadData, observer: ThreadObserver): Promise<EngineThread> {
  const worker = new Worker(entry, { workerData: data, name: 'engine' });
  const opened = Promise.withResolvers<undefined>();
  const waiting = createSlots<Waiting>();
  let isOpen = true;
  let broken: string | undefined;

  const ask = <Value>(send: (id: number) => void): Promise<Value> =>
    new Promise((resolve, reject) => {
      if (!isOpen) throw new RefractError('unavailable', broken ?? 'the store is closed');
      // What comes for this place is what was asked for.
      send(waiting.put({ resolve: resolve as Waiting['resolve'], reject }));
    });
  const post = (asked: Asked): void => {
    worker.postMessage(asked);
  };
  const refreshes = createRefreshes(post, observer.onEngineEvent);
  const onBatch = ({ events, outcomes, times, commits }: Batch): void => {
    for (const what of timedThings) for (const seconds of times[what]) observer.onTimed(what, seconds);
    for (const group of commits) observer.onCommit(group);
    // Before whoever waits is answered: what was told of an answer is complete with it.
    for (const event of events) observer.onEngineEvent(event);
    refreshes.settle(outcomes);
  };
  worker.on('message', (told: Told) => {
    // Written by the thread a moment ago.
    if (typeof told === 'string') onBatch(JSON.parse(told) as Batch);
    else if (told.kind === 'ready') opened.resolve(undefined);
    else if (told.kind === 'value') waiting.take(told.id)?.resolve(told.value);
    else if (told.id !== undefined) waiting.take(told.id)?.reject(deserializeError(told.reason));
    else {
      isOpen = false;
      opened.reject(deserializeError(told.reason));
    }
  });
  const onEnded = (reason: Error): void => {
    if (!isOpen) return;
    isOpen = false;
    broken = "the engine's thread has ended";
    opened.reject(reason);
    refreshes.end(broken);
    for (const { reject } of waiting.all()) reject(new RefractError('unavailable', broken));
    observer.onBroken(reason);
  };
  // What nobody has caught there.
  worker.on('error', onEnded);
  worker.on('exit', (code) => {
    onEnded(new Error(`the engine's thread has ended with ${String(code)}`));
  });
  await opened.promise;

  const call = (method: StoreMethod): ((...input: unknown[]) => Promise<unknown>) => {
    return (...input) => ask((id) => post({ kind: 'store', id, method, input }));
  };
  const methods = Object.fromEntries(storeMethods.map((method) => [method, call(method)]));
  return {
    pool: undefined,
    refresh: refreshes.refresh,
    settled: refreshes.settled,
    store: {
      // Each has the input and the output of the method that is called by its name.
      ...(methods as unknown as Store),
      close: async () => {
        if (isOpen) await call('close')();
        isOpen = false;
        refreshes.end('the store is closed');
        await worker.terminate();
      },
    },
    openKeys: () => ask((id) => post({ kind: 'open', id })),
    reloadKeys: () => ask((id) => post({ kind: 'reload', id })),
    measure: () => {
      post({ kind: 'measure' });
    },
  };
}

const entry = new URL(`./entry${ending}`, import.meta.url);

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

const timedThings = ['read', 'signed', 'verified'] as const satisfies readonly Timed[];

/** All of them: the compiler says which is missing. */
const methodsOfStore: Readonly<Record<StoreMethod, true>> = {
  read: true,
  rotate: true,
  readImported: true,
  revoke: true,
  issue: true,
  listSessions: true,
  count: true,
  revokeAll: true,
  putSubject: true,
  readSubject: true,
  disableSubject: true,
  enableSubject: true,
  deleteSubject: true,
  changeCredentials: true,
  readKeySets: true,
  readKeySet: true,
  addFirstKeySet: true,
  addNextKeySet: true,
  addLegacyKey: true,
  promoteKeySet: true,
  removeKeySet: true,
  replaceKeySets: true,
  resealKeySets: true,
  appendAudit: true,
  readAudit: true,
  cutAudit: true,
  purge: true,
  importRows: true,
  probe: true,
  close: true,
};
// The keys of a record are its names.
const storeMethods = Object.keys(methodsOfStore) as StoreMethod[];
