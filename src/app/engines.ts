// The store, the audit trail, the keys and the engines, on this thread or on one of their own.
import type { Config } from '../config.ts';
import type { Refresh } from '../contracts/shared/contract.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/ports.ts';
import { createAuditor, type Auditor } from '../observe/audit.ts';
import type { Measuring } from '../observe/measuring.ts';
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
  readonly measuring: Measuring;
  readonly lifecycle: Lifecycle;
  readonly options: ComposeOptions;
}

export interface Engines {
  readonly store: Store;
  readonly pool: OpenedStore['pool'];
  readonly auditor: Auditor;
  /** Opens the keys of this thread when they are needed first. @throws RefractError `key` */
  readonly keys: () => Promise<PublishingSigner>;
  /** Opens the keys wherever refreshes sign with them. @throws RefractError `key` */
  readonly openKeys: () => Promise<PublishingSigner>;
  readonly engineOf: (contract: ServedContract) => Promise<Engine>;
  /** A refresh by the engine, on whichever thread it is. */
  readonly refreshOf: (contract: ServedContract) => Promise<Refresh>;
  /** From now on times on another thread are reported. */
  readonly measure: () => void;
  /** Resolves with the reason when the engine thread has ended by a fault. */
  readonly broken: Promise<Error>;
}

export async function openEngines(parts: EnginesParts): Promise<Engines> {
  const { settings, contracts, measuring, lifecycle, options } = parts;
  const observers = [measuring.onEngineEvent, options.onEngineEvent ?? ignore];
  const emit = (event: EngineEvent): void => {
    for (const observe of observers) observe(event);
  };
  const limit = sessionLimitOf(settings.sessionLimit);
  const { promise: broken, resolve: onBroken } = Promise.withResolvers<Error>();
  const thread =
    options.isApart === true && settings.databaseUrl === undefined
      ? await startThread(parts, {
          onEngineEvent: emit,
          onTimed: measuring.onTimed,
          onCommit: measuring.onCommit,
          onBroken,
        })
      : undefined;
  const opened = thread ?? (await openStore(settings, options.clock, measuring.onCommit));
  const wrapped = options.wrapStore?.(opened.store) ?? opened.store;
  // The thread measures its own.
  const store = thread === undefined ? measuring.measuredStore(wrapped) : wrapped;
  lifecycle.register('store', store.close);
  const auditor = createAuditor(store);
  observers.unshift(auditor.onEngineEvent);
  lifecycle.register('audit trail', auditor.flush);
  if (thread) lifecycle.register('engine thread', thread.settled);

  let signer: Promise<PublishingSigner> | undefined;
  const openKeys = async (): Promise<PublishingSigner> => {
    const own = await openSigner(settings, contracts, store, thread?.reloadKeys);
    return measuring.measuredSigner(options.wrapSigner?.(own) ?? own);
  };
  const keys = (): Promise<PublishingSigner> => (signer ??= openKeys());
  const engineOf = async ({ name, contract: { profile }, settings: own }: ServedContract): Promise<Engine> => {
    const shared = { store, signer: await keys(), emit, ...(limit && { limit: limit.count }) };
    return createEngine({ ...shared, contract: name, profile, settings: own });
  };
  return {
    ...{ store, pool: opened.pool, auditor, keys, engineOf, broken },
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

/** Meanwhile this thread loads what it will need: most of a start is that. */
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
