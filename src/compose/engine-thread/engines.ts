// The engine's thread: the store, a signer and the engines of all contracts, so that the disk and signatures do not keep
// the main thread from reading requests and writing answers. It is the only one that opens the database.
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type Engine } from '../../engine/engine.ts';
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent, Store } from '../../engine/ports.ts';
import type { SessionLimit } from '../../http/limits.ts';
import type { PublishingSigner } from '../../signer/signer.ts';
import { loadAdapter } from '../adapter.ts';
import { openSigner } from '../open-signer.ts';
import { openStore } from '../open-store.ts';
import { timedSigner, timedStore } from '../timed.ts';
import { carried, type Asked, type Batch, type Presented, type ThreadData, type Timed, type Told } from './wire.ts';

if (parentPort === null) throw new Error('this is no program of its own');
const port = parentPort;
// Written by `startEngineThread`.
const { config, contracts } = workerData as ThreadData;
const tell = (told: Told): void => {
  port.postMessage(told);
};

let events: EngineEvent[] = [];
let outcomes: Batch['outcomes'][number][] = [];
let times: Record<Timed, number[]> = { read: [], signed: [], verified: [] };
let commits: Batch['commits'][number][] = [];
let isTelling = false;
/** What is known at the end of this turn, in one text. */
function tellSoon(): void {
  if (isTelling) return;
  isTelling = true;
  process.nextTick(() => {
    isTelling = false;
    const batch: Batch = { events, outcomes, times, commits };
    [events, outcomes, commits] = [[], [], []];
    times = { read: [], signed: [], verified: [] };
    tell(JSON.stringify(batch));
  });
}

const emit = (event: EngineEvent): void => {
  events.push(event);
  tellSoon();
};
let isMeasured = false;
const record = (what: Timed) => (seconds: number) => {
  // To the microsecond: more digits are more text.
  times[what].push(Math.round(seconds * 1e6) / 1e6);
  tellSoon();
};
const timings = { onRead: record('read'), onSigned: record('signed'), onVerified: record('verified') };

let store: Store | undefined;
let keys: Promise<PublishingSigner> | undefined;
let engines: Promise<ReadonlyMap<string, Engine>> | undefined;

async function open(): Promise<void> {
  const opened = await openStore(config, undefined, (group) => {
    if (!isMeasured) return;
    commits.push(group);
    tellSoon();
  });
  store = timedStore(opened.store, () => (isMeasured ? timings : undefined));
}

function openedStore(): Store {
  if (store === undefined) throw new Error('the store is asked before it was opened');
  return store;
}

/** Opens the keys and makes the engines, once. */
async function openEngines(): Promise<ReadonlyMap<string, Engine>> {
  const adapters = await Promise.all(
    contracts.map(async ({ name, file, settings }) => ({ name, settings, contract: await loadAdapter(name, file) })),
  );
  keys ??= openSigner(config, adapters, openedStore());
  const signer = timedSigner(await keys, () => (isMeasured ? timings : undefined));
  const limit = await sessionLimit();
  return new Map(
    adapters.map(({ name, contract, settings }) => [
      name,
      createEngine({
        contract: name,
        profile: contract.profile,
        settings,
        store: openedStore(),
        signer,
        emit,
        ...(limit && { limit: limit.count }),
      }),
    ]),
  );
}

async function sessionLimit(): Promise<SessionLimit | undefined> {
  if (config.sessionLimit === 0) return undefined;
  const { createSessionLimit } = await import('../../http/limits.ts');
  return createSessionLimit(config.sessionLimit);
}

async function openKeys(): Promise<void> {
  await (engines ??= openEngines());
}

async function reloadKeys(): Promise<void> {
  if (keys === undefined) await openKeys();
  else await (await keys).reload();
}

/** @throws only for a fault, which is answered as one */
async function outcomeOf([, contract, token, requestId]: Presented): Promise<Outcome> {
  const engine = (await (engines ??= openEngines())).get(contract);
  if (engine === undefined) throw new Error(`the thread has no contract ${contract}`);
  return engine.refresh(token, requestId);
}

function refresh(presented: Presented): void {
  const tellOf = (outcome: Batch['outcomes'][number][1]): void => {
    outcomes.push([presented[0], outcome]);
    tellSoon();
  };
  outcomeOf(presented).then(tellOf, (reason: unknown) => {
    tellOf({ kind: 'thrown', reason: carried(reason) });
  });
}

function answer(id: number, work: () => Promise<unknown>): void {
  work().then(
    (value) => {
      tell({ kind: 'value', id, value });
    },
    (reason: unknown) => {
      tell({ kind: 'thrown', id, reason: carried(reason) });
    },
  );
}

function carryOut(asked: Asked): void {
  if (typeof asked === 'string') {
    // Written by the main thread a moment ago.
    for (const presented of JSON.parse(asked) as readonly Presented[]) refresh(presented);
    return;
  }
  switch (asked.kind) {
    case 'store': {
      const { id, method, input } = asked;
      // Each method is given what it was called with on the other thread.
      const call = openedStore()[method] as (...given: readonly unknown[]) => Promise<unknown>;
      answer(id, () => call(...input));
      return;
    }
    case 'open':
      answer(asked.id, openKeys);
      return;
    case 'reload':
      answer(asked.id, reloadKeys);
      return;
    case 'measure':
      isMeasured = true;
      return;
  }
}

port.on('message', carryOut);
open().then(
  () => {
    tell({ kind: 'ready' });
  },
  (reason: unknown) => {
    tell({ kind: 'thrown', id: undefined, reason: carried(reason) });
    port.close();
  },
);
