// The listener of the contracts: what is mounted, what the console shows of it, and how an edited document takes over.
import type { Config } from '../config.ts';
import { consolePages } from '../console/console.ts';
import type { Refresh } from '../contracts/shared/contract.ts';
import type { Issued } from '../engine/engine.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { HttpServer } from '../http/server.ts';
import type { HttpEvent, Mount, Page } from '../http/types.ts';
import type { PublishingSigner } from '../signer/signer.ts';
import { liveCall } from './live-call.ts';
import type { ServedContract } from './contracts.ts';

export interface PublicListenerParts {
  readonly config: Config;
  readonly find: (name: string) => ServedContract;
  readonly keys: () => Promise<Pick<PublishingSigner, 'jwks'>>;
  readonly refreshOf: (contract: ServedContract) => Promise<Refresh>;
  readonly issueDemo: (contract: string) => Promise<Issued>;
  readonly observe: (event: HttpEvent) => void;
}

export interface PublicListener {
  /**
   * Checks and warms all documents; only the port is left to be opened.
   * @param at where the one contract is mounted instead of its own base path
   */
  readonly prepare: (
    contracts: readonly ServedContract[],
    at?: string,
    offer?: { readonly demo: boolean },
  ) => Promise<HttpServer>;
  /** @throws DocumentError with one sentence, and goes on serving the one before */
  readonly replace: (document: ContractDocument) => Promise<void>;
}

export function createPublicListener(parts: PublicListenerParts): PublicListener {
  const { config, find, keys, refreshOf, issueDemo, observe } = parts;
  let mounts = new Map<string, Mount>();
  let place = (document: ContractDocument): ContractDocument => document;
  let server: HttpServer | undefined;
  let isDemo = false;

  const mountOf = async (one: ServedContract, document: ContractDocument): Promise<Mount> => {
    const refresh = await refreshOf(one);
    const corsOrigins = config.contracts.get(one.name)?.corsOrigins?.split(',');
    return { document, operations: one.contract.mounted(refresh), ...(corsOrigins && { corsOrigins }) };
  };
  const pagesOf = async (shown: ReadonlyMap<string, Mount>): Promise<readonly Page[]> => {
    if (config.console === 'off') return [];
    const { jwks } = await keys();
    return consolePages({
      kind: 'server',
      mockOrigin: config.mockOrigin,
      contracts: [...shown].map(([name, { document }]) => {
        const { contract, settings } = find(name);
        const hasPublicKeys = jwks(name).keys.length > 0;
        return { document, runs: { ...settings, algorithm: contract.profile.algorithm }, hasPublicKeys };
      }),
      ...(isDemo && {
        demo: async (name) => {
          const issued = await issueDemo(name);
          if (issued.kind === 'refused') return undefined;
          const { token } = issued.grant.refresh;
          return { token, body: liveCall(find(name), token).body };
        },
      }),
    });
  };

  return {
    prepare: async (contracts, at, offer) => {
      isDemo = offer?.demo === true;
      place = (document) => ({ ...document, basePath: at ?? document.basePath });
      for (const one of contracts) mounts.set(one.name, await mountOf(one, place(one.document)));
      const { headerTimeout, requestTimeout, stopTimeout, failureLimit } = config;
      // Loaded here, since Express and the validator are most of what a command without a port would wait for.
      const { createHttpServer } = await import('../http/server.ts');
      server = await createHttpServer({
        mounts: [...mounts.values()],
        pages: await pagesOf(mounts),
        jwks: (await keys()).jwks,
        observe,
        headerTimeout,
        requestTimeout,
        stopTimeout,
        failureLimit,
        trustProxy: config.trustProxy,
      });
      return server;
    },
    replace: async (document) => {
      const edited = new Map(mounts);
      // Of a server of one contract the others stay away, edited or not.
      if (edited.has(document.name)) edited.set(document.name, await mountOf(find(document.name), place(document)));
      await server?.replace({ mounts: [...edited.values()], pages: await pagesOf(edited) });
      mounts = edited;
    },
  };
}
