// The engine thread: store, signer and the engines of all contracts, so that disk and signatures do not block the main
// thread. Only this thread opens the database.
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type Engine } from '../../engine/engine.ts';
import type { Outcome } from '../../engine/outcome.ts';
import { serializeError } from '../../errors.ts';
import { measureSigner, measureStore, type ObserveTime } from '../../observe/outcomes.ts';
import type { PublishingSigner } from '../../signer/signer.ts';
import { loadAdapter } from '../contracts.ts';
import { openSigner, openStore, sessionLimitOf } from '../open.ts';
import type { Batch, RefreshCall, ThreadData, ThreadRequest, ThreadResponse } from './protocol.ts';

if (parentPort === null) throw new Error('this module runs as a thread');
const port = parentPort;
// Sent by `startEngineThread`.
const { settings, contracts } = workerData as ThreadData;

const emptyBatch = (): Batch => ({ events: [], outcomes: [], times: [], commits: [] });
let batch = emptyBatch();
let isPosting = false;

/** Returns the batch of this turn of the event loop, at whose end it is sent. */
function currentBatch(): Batch {
  if (!isPosting) {
    isPosting = true;
    process.nextTick(() => {
      const text = JSON.stringify(batch);
      isPosting = false;
      batch = emptyBatch();
      port.postMessage(text);
    });
  }
  return batch;
}

let isMeasured = false;
const recordTime: ObserveTime = (step, seconds) => {
  // Rounded to microseconds, for a shorter text.
  currentBatch().times.push([step, Math.round(seconds * 1e6) / 1e6]);
};
const currentObserver = (): ObserveTime | undefined => (isMeasured ? recordTime : undefined);

function respond(response: ThreadResponse): void {
  port.postMessage(response);
}

/** Opens the store. The first method that needs keys and engines opens them. */
async function openEngineHost() {
  const opened = await openStore(settings, undefined, (group) => {
    if (isMeasured) currentBatch().commits.push(group);
  });
  const store = measureStore(opened.store, currentObserver);
  let signer: Promise<PublishingSigner> | undefined;
  let engines: Promise<ReadonlyMap<string, Engine>> | undefined;
  const openEngines = async (): Promise<ReadonlyMap<string, Engine>> => {
    const adapters = await Promise.all(
      contracts.map(async (one) => ({ ...one, contract: await loadAdapter(one.name, one.file) })),
    );
    signer ??= openSigner(settings, adapters, store);
    const limit = sessionLimitOf(settings.sessionLimit);
    const shared = {
      store,
      signer: measureSigner(await signer, currentObserver),
      emit,
      ...(limit && { limit: limit.count }),
    };
    return new Map(
      adapters.map(({ name, contract: { profile }, settings: own }) => [
        name,
        createEngine({ ...shared, contract: name, profile, settings: own }),
      ]),
    );
  };
  const openKeys = async (): Promise<void> => {
    await (engines ??= openEngines());
  };
  return {
    store,
    openKeys,
    reloadKeys: async (): Promise<void> => (signer === undefined ? openKeys() : (await signer).reload()),
    /** @throws only for a fault */
    refresh: async ([, contract, token, requestId]: RefreshCall): Promise<Outcome> => {
      const engine = (await (engines ??= openEngines())).get(contract);
      if (engine === undefined) throw new Error(`the thread has no contract ${contract}`);
      return engine.refresh(token, requestId);
    },
  };
}

function emit(event: Batch['events'][number]): void {
  currentBatch().events.push(event);
}

async function start(): Promise<void> {
  const { store, refresh, ...keys } = await openEngineHost();
  const measure = async (): Promise<void> => {
    isMeasured = true;
  };
  const methods = { ...store, ...keys, measure };
  port.on('message', (request: ThreadRequest) => {
    if (typeof request !== 'string') respondTo(methods, request);
    // Serialized by `createRefreshes`.
    else for (const call of JSON.parse(request) as readonly RefreshCall[]) respondToRefresh(refresh, call);
  });
  respond({ kind: 'opened', storeMethods: Object.keys(store) });
}

function respondToRefresh(refresh: (call: RefreshCall) => Promise<Outcome>, call: RefreshCall): void {
  const [id] = call;
  refresh(call).then(
    (outcome) => {
      currentBatch().outcomes.push([id, outcome]);
    },
    (reason: unknown) => {
      currentBatch().outcomes.push([id, { kind: 'error', error: serializeError(reason) }]);
    },
  );
}

function respondTo(methods: object, { id, method, input }: Exclude<ThreadRequest, string>): void {
  // The main thread calls the methods whose names it got, each with the input of its type.
  const call = Reflect.get(methods, method) as (...parameters: readonly unknown[]) => Promise<unknown>;
  call(...input).then(
    (value) => {
      respond({ kind: 'value', id, value });
    },
    (reason: unknown) => {
      respond({ kind: 'error', id, error: serializeError(reason) });
    },
  );
}

start().catch((reason: unknown) => {
  respond({ kind: 'unopened', error: serializeError(reason) });
  port.close();
});
