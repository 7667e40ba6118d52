// An HTTP thread: one more listener of the contracts on the port of the main one, with everything between the wire and
// the engine. Whatever else there is it asks the main thread for, and tells it all that happens.
import { parentPort, workerData } from 'node:worker_threads';
import type { Issued } from '../../engine/engine.ts';
import { createSlots } from '../../http/slots.ts';
import { loadAdapter } from '../adapter.ts';
import { createRefreshes } from '../engine-thread/refreshes.ts';
import { arrived, carried, type Batch } from '../engine-thread/wire.ts';
import { findContract } from '../loading.ts';
import { createPublicListener } from '../public-listener.ts';
import { createTurn } from '../turn.ts';
import type { Asked, Happened, HttpThreadData, Told } from './wire.ts';

if (parentPort === null) throw new Error('this is no program of its own');
const port = parentPort;
// Written by `startHttpThread`.
const { config, contracts, at, isDemo, engine, ...data } = workerData as HttpThreadData;
let { published } = data;
const tell = (told: Told): void => {
  port.postMessage(told);
};

const { push: happens, flush: tellHappened } = createTurn<Happened>((happened) => {
  tell(JSON.stringify(happened));
});

const refreshes = createRefreshes(
  (text) => {
    engine.postMessage(text);
  },
  (event) => {
    happens(['engine', event]);
  },
);
engine.on('message', (text: string) => {
  // Written by the engine's thread a moment ago.
  const { events, outcomes } = JSON.parse(text) as Batch;
  // Before whoever waits is answered: what was told of an answer is complete with it.
  for (const event of events) happens(['engine', event]);
  refreshes.settle(outcomes);
});
engine.on('close', () => {
  refreshes.end("the engine's thread has ended");
});

const demos = createSlots<{ resolve: (issued: Issued) => void; reject: (reason: Error) => void }>();

async function prepare() {
  const served = await Promise.all(
    contracts.map(async (one) => ({ ...one, contract: await loadAdapter(one.name, one.document.file) })),
  );
  const listener = createPublicListener({
    config,
    find: (name) => findContract(served, name),
    keys: () => Promise.resolve({ jwks: (contract) => published[contract] ?? { keys: [] } }),
    refreshOf: ({ name }) => Promise.resolve((token, requestId) => refreshes.refresh(name, token, requestId)),
    issueDemo: (contract) =>
      new Promise((resolve, reject) => {
        tell({ kind: 'demo', id: demos.put({ resolve, reject }), contract });
      }),
    observe: (event) => {
      happens(['http', event]);
    },
    ...(config.failureLimit > 0 && {
      onFailure: (contract, address) => {
        tell({ kind: 'failure', contract, address });
      },
    }),
  });
  return listener.prepare(served, at, { demo: isDemo });
}

const server = prepare();
const tellUnready = (reason: unknown): void => {
  tell({ kind: 'thrown', id: undefined, reason: carried(reason) });
};

function answer(id: number, work: () => Promise<unknown>): void {
  work().then(
    () => {
      // What happened before comes first.
      tellHappened();
      tell({ kind: 'done', id });
    },
    (reason: unknown) => {
      tell({ kind: 'thrown', id, reason: carried(reason) });
    },
  );
}

port.on('message', (asked: Asked) => {
  switch (asked.kind) {
    case 'listen':
      answer(asked.id, async () => (await server).listen(asked.port, asked.host, true));
      return;
    case 'publish':
      ({ published } = asked);
      answer(asked.id, () => Promise.resolve());
      return;
    case 'hold':
    case 'shut':
    case 'release':
      answer(asked.id, async () => {
        await (await server).closing[asked.kind]();
        // Of one whose caller was cut off there is still something to be told.
        if (asked.kind === 'release') await refreshes.settled();
      });
      return;
    case 'issued': {
      const { issued } = asked;
      const waiting = demos.take(asked.id);
      if (issued.kind === 'thrown') waiting?.reject(arrived(issued.reason));
      else waiting?.resolve(issued);
      return;
    }
    case 'failure':
      server.then(({ countFailure }) => countFailure(asked.contract, asked.address)).catch(tellUnready);
      return;
  }
});
server.then(() => {
  tell({ kind: 'ready' });
}, tellUnready);
