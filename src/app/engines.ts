// Opens the store, the audit trail, the keys and the engines, on the main thread or on the engine thread.
import type { Config } from '../config.ts';
import type { Refresh } from '../contracts/shared/contract.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/ports.ts';
import type { HttpEvent } from '../http/types.ts';
import { createAuditor, type Auditor } from '../observe/audit.ts';
import type { Meter } from '../observe/outcomes.ts';
import type { PublishingSigner } from '../signer/signer.ts';
import type { Store } from '../store/store.ts';
import type { ServedContract } from './contracts.ts';
import type { Lifecycle } from './lifecycle.ts';
import {
  openSigner,
  openStore,
  sessionLimitOf,
  type KeySettings,
  type OpenedStore,
  type StoreSettings,
} from './open.ts';
import type { ComposeOptions } from './refract.ts';
import { startEngineThread, type EngineThread, type ThreadObserver } from './thread/engine-thread.ts';

export type EngineSettings = StoreSettings & KeySettings & Pick<Config, 'sessionLimit'>;

export interface EnginesParts {
  readonly settings: EngineSettings;
  readonly contracts: readonly ServedContract[];
  readonly meter: Meter;
  readonly lifecycle: Lifecycle;
  readonly options: ComposeOptions;
}

export interface Engines {
  readonly store: Store;
  readonly pool: OpenedStore['pool'];
  readonly auditor: Auditor;
  /** Receives the events of the contracts listener, each after the engine's events of its request. */
  readonly observe: (event: HttpEvent) => void;
  /** Returns the keys of the main thread, opened by the first call. @throws RefractError `key` */
  readonly keys: () => Promise<PublishingSigner>;
  /** Opens the keys of both threads. @throws RefractError `key` */
  readonly openKeys: () => Promise<PublishingSigner>;
  readonly engineOf: (contract: ServedContract) => Promise<Engine>;
  /** Returns the refresh function of a contract's engine. */
  readonly refreshOf: (contract: ServedContract) => Promise<Refresh>;
  /** Starts to report times of the engine thread. */
  readonly measure: () => void;
  /** Resolves with the reason when the engine thread has ended by a fault. */
  readonly broken: Promise<Error>;
}

export async function openEngines(parts: EnginesParts): Promise<Engines> {
  const { settings, contracts, meter, lifecycle, options } = parts;
  const observers = [meter.onEngineEvent, options.onEngineEvent ?? ignore];
  const emit = (event: EngineEvent): void => {
    for (const observe of observers) observe(event);
  };
  const limit = sessionLimitOf(settings.sessionLimit);
  const { promise: broken, resolve: onBroken } = Promise.withResolvers<Error>();
  const thread =
    options.hasEngineThread === true && settings.databaseUrl === undefined
      ? await startThread(parts, {
          onEngineEvent: emit,
          onTimed: meter.onTimed,
          onCommit: meter.onCommit,
          onBroken,
        })
      : undefined;
  const opened = thread ?? (await openStore(settings, options.clock, meter.onCommit));
  const wrapped = options.wrapStore?.(opened.store) ?? opened.store;
  // The engine thread measures its store itself.
  const store = thread === undefined ? meter.measureStore(wrapped) : wrapped;
  lifecycle.register('store', store.close);
  const auditor = createAuditor(store);
  observers.unshift(auditor.onEngineEvent);
  lifecycle.register('audit trail', auditor.flush);
  if (thread) lifecycle.register('engine thread', thread.settled);

  let signer: Promise<PublishingSigner> | undefined;
  const openKeys = async (): Promise<PublishingSigner> => {
    const opened = await openSigner(settings, contracts, store, thread?.reloadKeys);
    return meter.measureSigner(options.wrapSigner?.(opened) ?? opened);
  };
  const keys = (): Promise<PublishingSigner> => (signer ??= openKeys());
  const engineOf = async ({ name, contract: { profile }, settings: own }: ServedContract): Promise<Engine> => {
    const shared = { store, signer: await keys(), emit, ...(limit && { limit: limit.count }) };
    return createEngine({ ...shared, contract: name, profile, settings: own });
  };
  return {
    ...{ store, pool: opened.pool, auditor, keys, engineOf, broken },
    observe: (event) => {
      auditor.onAnswered(event);
      meter.onHttpEvent(event);
      options.onHttpEvent?.(event);
    },
    openKeys: async () => {
      const opened = await keys();
      await thread?.openKeys();
      return opened;
    },
    refreshOf: async (one) => {
      if (thread === undefined) return (await engineOf(one)).refresh;
      return (token, requestId) => thread.refresh(one.name, token, requestId);
    },
    measure: () => thread?.measure(),
  };
}

const ignore = (): undefined => undefined;

/** The main thread loads the HTTP server meanwhile, which takes most of a start. */
async function startThread({ settings, contracts }: EnginesParts, observer: ThreadObserver): Promise<EngineThread> {
  const { database, databaseUrl, databasePool, busyTimeout, sessionLimit } = settings;
  const { masterSecret, masterSecretFile, previousMasterSecret } = settings;
  const data = {
    settings: {
      ...{ database, databaseUrl, databasePool, busyTimeout, sessionLimit },
      ...{ masterSecret, masterSecretFile, previousMasterSecret },
    },
    contracts: contracts.map(({ name, document: { file }, settings: own }) => ({ name, file, settings: own })),
  };
  const [thread] = await Promise.all([startEngineThread(data, observer), import('../http/server.ts')]);
  return thread;
}
