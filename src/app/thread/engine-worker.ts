// The engine's thread: the store, a signer and the engines of all contracts, so that the disk and signatures do not keep
// the main thread from reading requests and writing answers. It is the only one that opens the database.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createEngine, type Engine, type EngineParts } from '../../engine/engine.ts';
import type { Outcome } from '../../engine/outcome.ts';
import type { EngineEvent } from '../../engine/ports.ts';
import type { Store } from '../../store/store.ts';
import type { PublishingSigner } from '../../signer/signer.ts';
import { loadAdapter } from '../adapter.ts';
import { openSigner } from '../open-signer.ts';
import { openStore } from '../open.ts';
import { sessionLimitOf } from '../session-limit.ts';
import { timedSigner, timedStore } from '../../observe/timed.ts';
import { serializeError } from '../../errors.ts';
import type { Asked, Batch, Presented, ThreadData, Timed, Told } from './protocol.ts';

if (parentPort === null) throw new Error('this is no program of its own');
const port = parentPort;
// Written by `startEngineThread`.
const { config, contracts } = workerData as ThreadData;
const tell = (told: Told): void => {
  port.postMessage(told);
};

/** Tells over one port what is known at the end of a turn, in one text. */
interface Teller {
  readonly onEvent: (event: EngineEvent) => void;
  readonly onOutcome: (...outcome: Batch['outcomes'][number]) => void;
  readonly onTime: (what: Timed, seconds: number) => void;
  readonly onCommit: (group: Batch['commits'][number]) => void;
}

function tellerOver(one: MessagePort): Teller {
  let events: EngineEvent[] = [];
  let outcomes: Batch['outcomes'][number][] = [];
  let times: Record<Timed, number[]> = { read: [], signed: [], verified: [] };
  let commits: Batch['commits'][number][] = [];
  let isTelling = false;
  const tellSoon = (): void => {
    if (isTelling) return;
    isTelling = true;
    process.nextTick(() => {
      isTelling = false;
      const batch: Batch = { events, outcomes, times, commits };
      [events, outcomes, commits] = [[], [], []];
      times = { read: [], signed: [], verified: [] };
      one.postMessage(JSON.stringify(batch));
    });
  };
  return {
    onEvent: (event) => {
      events.push(event);
      tellSoon();
    },
    onOutcome: (...outcome) => {
      outcomes.push(outcome);
      tellSoon();
    },
    onTime: (what, seconds) => {
      // To the microsecond: more digits are more text.
      times[what].push(Math.round(seconds * 1e6) / 1e6);
      tellSoon();
    },
    onCommit: (group) => {
      commits.push(group);
      tellSoon();
    },
  };
}

/** Times and commits are told to the main thread, whoever has asked. */
const main = tellerOver(port);
let isMeasured = false;
const record = (what: Timed) => (seconds: number) => {
  main.onTime(what, seconds);
};
const timings = { onRead: record('read'), onSigned: record('signed'), onVerified: record('verified') };

let store: Store | undefined;
let keys: Promise<PublishingSigner> | undefined;
let parts: Promise<readonly Parts[]> | undefined;

/** What an engine is made of, but for who is told what happens. */
type Parts = Omit<EngineParts, 'emit'>;

async function open(): Promise<void> {
  const opened = await openStore(config, undefined, (group) => {
    if (isMeasured) main.onCommit(group);
  });
  store = timedStore(opened.store, () => (isMeasured ? timings : undefined));
}

function openedStore(): Store {
  if (store === undefined) throw new Error('the store is asked before it was opened');
  return store;
}

/** Opens the keys. Signer and limits are the same for whoever asks. */
async function openParts(): Promise<readonly Parts[]> {
  const adapters = await Promise.all(
    contracts.map(async ({ name, file, settings }) => ({ name, settings, contract: await loadAdapter(name, file) })),
  );
  keys ??= openSigner(config, adapters, openedStore());
  const signer = timedSigner(await keys, () => (isMeasured ? timings : undefined));
  const limit = sessionLimitOf(config.sessionLimit);
  return adapters.map(({ name, contract, settings }) => ({
    contract: name,
    profile: contract.profile,
    settings,
    store: openedStore(),
    signer,
    ...(limit && { limit: limit.count }),
  }));
}

async function openKeys(): Promise<void> {
  await (parts ??= openParts());
}

async function reloadKeys(): Promise<void> {
  if (keys === undefined) await openKeys();
  else await (await keys).reload();
}

/** @returns what carries out a text of refreshes, and tells what comes of them */
function createRefresher(teller: Teller): (text: string) => void {
  let engines: Promise<ReadonlyMap<string, Engine>> | undefined;
  const open = async (): Promise<ReadonlyMap<string, Engine>> => {
    const opened = await (parts ??= openParts());
    return new Map(opened.map((one) => [one.contract, createEngine({ ...one, emit: teller.onEvent })]));
  };
  /** @throws only for a fault, which is answered as one */
  const outcomeOf = async ([, contract, token, requestId]: Presented): Promise<Outcome> => {
    const engine = (await (engines ??= open())).get(contract);
    if (engine === undefined) throw new Error(`the thread has no contract ${contract}`);
    return engine.refresh(token, requestId);
  };
  const refresh = (presented: Presented): void => {
    const [id] = presented;
    outcomeOf(presented).then(
      (outcome) => {
        teller.onOutcome(id, outcome);
      },
      (reason: unknown) => {
        teller.onOutcome(id, { kind: 'thrown', reason: serializeError(reason) });
      },
    );
  };
  return (text) => {
    // Written by `createRefreshes` on another thread a moment ago.
    for (const presented of JSON.parse(text) as readonly Presented[]) refresh(presented);
  };
}

const refreshForMain = createRefresher(main);

function answer(id: number, work: () => Promise<unknown>): void {
  work().then(
    (value) => {
      tell({ kind: 'value', id, value });
    },
    (reason: unknown) => {
      tell({ kind: 'thrown', id, reason: serializeError(reason) });
    },
  );
}

function carryOut(asked: Asked): void {
  if (typeof asked === 'string') {
    refreshForMain(asked);
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
    tell({ kind: 'thrown', id: undefined, reason: serializeError(reason) });
    port.close();
  },
);
