// The public listener: what is mounted where, and what is answered outside of every contract.
import type { RequestHandler } from 'express';
import { createServer } from 'node:http';
import { RefractError } from '../errors.ts';
import { createApp, type MadeApp } from './app.ts';
import { pathsOf } from './example-call.ts';
import { createFailureLimit } from './limits.ts';
import { closable, listen } from './listening.ts';
import { waysThrough, type Way } from './mount.ts';
import { answerParserErrors } from './parser-errors.ts';
import { checkReplies } from './replies-check.ts';
import { checkStructure } from './validator/structure.ts';
import type { HttpEvent, Mount, Page } from './types.ts';
import { prepareWarmUp } from './warm-up.ts';

/** What is to be answered. */
export interface Served {
  readonly mounts: readonly Mount[];
  /** Pages of ours beside the contracts. */
  readonly pages?: readonly Page[];
  /** Steps that every request takes before it is routed. */
  readonly front?: readonly RequestHandler[];
}

export interface HttpOptions extends Served {
  /** The public keys of a contract, as a JWK Set (RFC 7517 §5); no keys are published where left out. */
  readonly jwks?: (contract: string) => unknown;
  readonly observe: (event: HttpEvent) => void;
  /** Seconds. */
  readonly headerTimeout: number;
  /** Seconds; of a body that is read while it arrives, between two pieces of it. */
  readonly requestTimeout: number;
  /** Failures of one address in a minute; 0 sets no limit. */
  readonly failureLimit: number;
  /** Whose X-Forwarded-For is believed: a number of proxies, or their addresses; nobody's where left out. */
  readonly trustProxy?: number | string | undefined;
  /** Seconds that requests under way are given when the server is closed. */
  readonly stopTimeout: number;
}

export interface HttpServer {
  /** Opens the port. Resolves with the origin, for example `http://127.0.0.1:8080`. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /**
   * Answers this from now on; requests under way go on as they began. A mount that was served already is not checked
   * and compiled again.
   * @throws RefractError `document`, and goes on answering what it did
   */
  readonly replace: (served: Served) => Promise<void>;
  /** Stops accepting, answers what was accepted and resolves when all connections are closed. */
  readonly close: () => Promise<void>;
}

/**
 * Builds the listener: checks every constant reply, mounts the contracts and walks every operation once, so that a
 * document that cannot be served stops the start and no request pays for compiling it.
 * @throws RefractError `document`
 */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const limit = createFailureLimit(options.failureLimit);
  const known = new WeakMap<Mount, readonly Way[]>();

  const appOf = async ({ mounts, pages = [], front = [] }: Served): Promise<MadeApp> => {
    refuseSharedPlaces(mounts);
    const fresh = mounts.filter((mount) => !known.has(mount));
    for (const mount of fresh) {
      checkStructure(mount.document);
      checkReplies(mount);
    }
    const warmUp = prepareWarmUp(fresh, options.observe);
    const freshWays = new Map(
      fresh.map((mount) => [
        mount,
        waysThrough(warmUp.prepared(mount), { limit, observe: warmUp.observe, patience: options.requestTimeout }),
      ]),
    );
    const contracts = mounts.map(({ document }) => document.name);
    const ways = mounts.flatMap((mount) => freshWays.get(mount) ?? known.get(mount) ?? []);
    const made = createApp({ contracts, ways, pages, front, jwks: options.jwks, trustProxy: options.trustProxy });
    await warmUp.walk(made.app);
    for (const [mount, its] of freshWays) known.set(mount, its);
    return made;
  };

  const first = await appOf(options);
  let { app } = first;
  const server = createServer(
    {
      ...first.madeOf,
      // Node wants it so; a request that is over its time is over with its headers, too.
      headersTimeout: Math.min(options.headerTimeout, options.requestTimeout) * 1000,
      requestTimeout: options.requestTimeout * 1000,
      connectionsCheckingInterval: 1000,
      // Asked for below, since Node would answer without a word.
      requireHostHeader: false,
    },
    (request, response) => {
      request.url = originForm(request.url ?? '/');
      closing.answer(() => {
        app(request, response);
      });
    },
  );
  // An expectation that nobody knows may be ignored (RFC 9110 §10.1.1); Node would answer it outside of everything.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  answerParserErrors(server);
  const closing = closable(server, options.stopTimeout);
  return {
    listen: (port, host) => listen(server, port, host),
    replace: async (served) => {
      ({ app } = await appOf(served));
    },
    close: closing.close,
  };
}

/**
 * A request target as router and validator both understand it: an absolute-form one, which a server must accept
 * (RFC 9112 §3.2.2), without its origin, and any without a fragment, which has no business in a request.
 */
function originForm(target: string): string {
  const withoutOrigin = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
  return withoutOrigin.startsWith('/') || withoutOrigin === '*' ? withoutOrigin : `/${withoutOrigin}`;
}

/** Two contracts at one place would hide each other's operations. */
function refuseSharedPlaces(mounts: readonly Mount[]): void {
  const taken = new Map<string, string>();
  for (const { document } of mounts) {
    const places = [document.basePath, ...pathsOf(document)];
    for (const place of places) {
      const other = taken.get(place);
      if (other !== undefined) {
        throw new RefractError(
          'document',
          `${document.file}: ${other} is mounted at ${place} already; give one of them another server.`,
        );
      }
    }
    for (const place of places) taken.set(place, document.name);
  }
}
