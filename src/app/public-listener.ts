// The listener of the contracts: what is mounted, what the console shows of it, and how an edited document is swapped in.
import { schedulePurge } from '../admin/purge.ts';
import type { Config } from '../config.ts';
import { consolePages } from '../console/console.ts';
import type { Issued } from '../engine/engine.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { HttpServer } from '../http/server.ts';
import type { Mount, Page } from '../http/types.ts';
import { followKeys, type KeyFollower } from '../signer/follow-keys.ts';
import { liveCall, type ContractSet, type ServedContract } from './contracts.ts';
import type { Engines } from './engines.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ComposeOptions, Refract } from './refract.ts';

type ServerSettings = Pick<Config, 'headerTimeout' | 'requestTimeout' | 'stopTimeout' | 'failureLimit' | 'trustProxy'>;

export interface PublicListenerParts {
  readonly settings: ServerSettings &
    Pick<Config, 'port' | 'host' | 'contracts' | 'console' | 'mockOrigin' | 'purgeInterval' | 'auditRetention'>;
  readonly contracts: ContractSet;
  readonly engines: Engines;
  readonly lifecycle: Lifecycle;
  readonly issueDemo: (contract: string) => Promise<Issued>;
  readonly options: Pick<ComposeOptions, 'onEngineEvent' | 'onPurgeEvent' | 'beforeOpening'>;
}

export interface PublicListener {
  readonly listen: Refract['listen'];
  /** @throws RefractError `document`, and continues with the previous one */
  readonly replace: (document: ContractDocument) => Promise<void>;
  /** Returns why the last reload of the keys failed, if it did. */
  readonly reloadTrouble: () => string | undefined;
}

export function createPublicListener(parts: PublicListenerParts): PublicListener {
  const { settings, contracts, engines, lifecycle, options } = parts;
  let prepared: Prepared | undefined;
  let followed: KeyFollower | undefined;
  return {
    listen: async (only, offer) => {
      const listed = only === undefined ? contracts.all() : [contracts.find(only.contract)];
      const signer = await engines.openKeys();
      prepared = await prepare(parts, listed, only?.at, offer?.demo === true);
      lifecycle.register('contracts listener', prepared.server.close);
      followed = followKeys(signer, engines.store.watchKeySets, options.onEngineEvent);
      lifecycle.register('contracts listener', followed.stop);
      await options.beforeOpening?.();
      const origin = await prepared.server.listen(settings.port, settings.host);
      const onPurgeEvent = options.onPurgeEvent ?? (() => undefined);
      const stop = schedulePurge(engines.store, settings.purgeInterval, settings.auditRetention, onPurgeEvent);
      lifecycle.register('contracts listener', stop);
      lifecycle.serve();
      return origin;
    },
    replace: async (document) => {
      await prepared?.replace(document);
      contracts.replace(document);
    },
    reloadTrouble: () => followed?.trouble(),
  };
}

interface Prepared {
  readonly server: HttpServer;
  readonly replace: (document: ContractDocument) => Promise<void>;
}

/**
 * Checks and warms up all documents, and prepares everything except the port.
 * @param at base path of the only contract, in place of its own
 */
async function prepare(
  parts: PublicListenerParts,
  served: readonly ServedContract[],
  at: string | undefined,
  isDemo: boolean,
): Promise<Prepared> {
  const { settings, contracts, engines } = parts;
  const mountOf = async (one: ServedContract, document: ContractDocument): Promise<Mount> => {
    const refresh = await engines.refreshOf(one);
    const corsOrigins = settings.contracts.get(one.name)?.corsOrigins?.split(',');
    const operations = one.contract.mount(refresh);
    return {
      document: { ...document, basePath: at ?? document.basePath },
      operations,
      ...(corsOrigins && { corsOrigins }),
    };
  };
  let mounts = new Map<string, Mount>();
  for (const one of served) mounts.set(one.name, await mountOf(one, one.document));
  const { headerTimeout, requestTimeout, stopTimeout, failureLimit } = settings;
  // Loaded on demand, since Express and the validator would delay commands without a port.
  const { createHttpServer } = await import('../http/server.ts');
  const server = await createHttpServer({
    mounts: [...mounts.values()],
    pages: await pagesOf(parts, mounts, isDemo),
    jwks: (await engines.keys()).jwks,
    ...{ observe: engines.observe, headerTimeout, requestTimeout, stopTimeout, failureLimit },
    trustProxy: settings.trustProxy,
  });
  return {
    server,
    replace: async (document) => {
      const edited = new Map(mounts);
      // A server of one contract does not mount the others.
      if (edited.has(document.name)) {
        edited.set(document.name, await mountOf(contracts.find(document.name), document));
      }
      await server.replace({ mounts: [...edited.values()], pages: await pagesOf(parts, edited, isDemo) });
      mounts = edited;
    },
  };
}

/** Returns the console's pages of the mounts. */
async function pagesOf(
  { settings, contracts, engines, issueDemo }: PublicListenerParts,
  mounts: ReadonlyMap<string, Mount>,
  isDemo: boolean,
): Promise<readonly Page[]> {
  if (settings.console === 'off') return [];
  const { jwks } = await engines.keys();
  return consolePages({
    kind: 'server',
    mockOrigin: settings.mockOrigin,
    contracts: [...mounts].map(([name, { document }]) => {
      const { contract, settings: own } = contracts.find(name);
      const hasPublicKeys = jwks(name).keys.length > 0;
      return { document, runs: { ...own, algorithm: contract.profile.algorithm }, hasPublicKeys };
    }),
    ...(isDemo && {
      demo: async (name) => {
        const issued = await issueDemo(name);
        if (issued.kind === 'refused') return undefined;
        const { token } = issued.grant.refresh;
        return { token, body: liveCall(contracts.find(name), token).body };
      },
    }),
  });
}
