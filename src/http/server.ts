// The HTTP server of a listener: it checks documents, mounts their contracts and replaces them while it serves.
import type { RequestHandler } from 'express';
import { RefractError } from '../errors.ts';
import { createApp, type CreatedApp, type Route } from './app.ts';
import { pathsOf } from './example-call.ts';
import { createFailureLimit } from './limits.ts';
import { createListener, type Listener } from './listening.ts';
import { createRoutes } from './mount.ts';
import { checkReplies } from './replies-check.ts';
import type { HttpEvent, Mount, Page } from './types.ts';
import { checkStructure } from './validator/structure.ts';
import { runWarmUp, type WarmUp } from './warm-up.ts';

/** What a server serves. */
export interface ServedContent {
  readonly mounts: readonly Mount[];
  readonly pages?: readonly Page[];
  /** Steps before the routing of every request. */
  readonly front?: readonly RequestHandler[];
}

export interface HttpOptions extends ServedContent {
  /** Returns the public keys of a contract as a JWK Set (RFC 7517 §5); without it no keys are published. */
  readonly jwks?: (contract: string) => unknown;
  readonly observe: (event: HttpEvent) => void;
  /** Seconds. */
  readonly headerTimeout: number;
  /** Seconds; for a streamed body, between two chunks. */
  readonly requestTimeout: number;
  /** Failures of one address in a minute; 0 sets no limit. */
  readonly failureLimit: number;
  /** The proxies whose X-Forwarded-For is trusted: their number or their addresses; without it none. */
  readonly trustProxy?: number | string | undefined;
  /** Seconds that requests in flight get when the server closes. */
  readonly stopTimeout: number;
}

export interface HttpServer extends Pick<Listener, 'listen' | 'close'> {
  /**
   * Serves other content from now on; requests in flight end as they began. Mounts that are served already are not
   * checked and compiled again.
   * @throws RefractError `document`, and continues to serve the previous content
   */
  readonly replace: (content: ServedContent) => Promise<void>;
}

/**
 * Creates the server. It checks every constant reply and sends one request to every operation, so that an unusable document
 * stops the start and no caller waits for the compilation of schemas.
 * @throws RefractError `document`
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const limit = createFailureLimit(options.failureLimit);
  const known = new WeakMap<Mount, readonly Route[]>();

  const prepareApp = async ({ mounts, pages = [], front = [] }: ServedContent): Promise<CreatedApp> => {
    refuseSharedPaths(mounts);
    const fresh = mounts.filter((mount) => !known.has(mount));
    for (const mount of fresh) {
      checkStructure(mount.document);
      checkReplies(mount);
    }
    const warmUp: WarmUp = { isRunning: true, events: [] };
    const { observe, requestTimeout: stallTimeout, jwks, trustProxy } = options;
    const freshRoutes = new Map(
      fresh.map((mount) => [mount, createRoutes(mount, { limit, observe, warmUp, stallTimeout })]),
    );
    const contracts = mounts.map(({ document }) => document.name);
    const routes = mounts.flatMap((mount) => freshRoutes.get(mount) ?? known.get(mount) ?? []);
    const created = createApp({ contracts, routes, pages, front, jwks, trustProxy });
    const documents = fresh.map(({ document }) => document);
    await runWarmUp(created.app, documents, warmUp);
    for (const [mount, its] of freshRoutes) known.set(mount, its);
    return created;
  };

  const { app, messageClasses } = await prepareApp(options);
  const { listen, close, replaceHandler } = createListener(
    {
      ...messageClasses,
      // Node requires that this is not above the timeout of the whole request.
      headersTimeout: Math.min(options.headerTimeout, options.requestTimeout) * 1000,
      requestTimeout: options.requestTimeout * 1000,
      connectionsCheckingInterval: 1000,
      // Checked by the app, since Node would respond without a body.
      requireHostHeader: false,
    },
    options.stopTimeout,
    app,
  );
  return {
    ...{ listen, close },
    replace: async (content) => {
      replaceHandler((await prepareApp(content)).app);
    },
  };
}

/** Refuses two contracts at one path, which would hide each other's operations. */
function refuseSharedPaths(mounts: readonly Mount[]): void {
  const taken = new Map<string, string>();
  for (const { document } of mounts) {
    const paths = [document.basePath, ...pathsOf(document)];
    for (const path of paths) {
      const other = taken.get(path);
      if (other !== undefined) {
        const message = `${document.file}: ${other} is mounted at ${path} already; give one of them another server.`;
        throw new RefractError('document', message);
      }
    }
    for (const path of paths) taken.set(path, document.name);
  }
}
