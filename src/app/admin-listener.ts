// The listener of the operators: the admin contract behind its tokens, and the pages that tell how the server does, on a
// port of its own.
import { dirname, join } from 'node:path';
import type { Administration } from '../admin/administration.ts';
import type { BulkImport } from '../admin/bulk-import.ts';
import { createImports, type ImportEvent } from '../admin/imports.ts';
import { mountAdmin } from '../admin/mounted.ts';
import { adminOperations, type OperationParts } from '../admin/operations.ts';
import { adminTokens, shortestAdminToken } from '../admin/tokens.ts';
import type { Config } from '../config.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { HttpServer, Served } from '../http/server.ts';
import type { HttpEvent } from '../http/types.ts';
import { createSecretFile, readSecretFile } from '../signer/secret-file.ts';
import type { AdminPagesParts } from './admin-pages.ts';
import { loadAdminDocument } from './contracts.ts';

export interface AdminListenerParts {
  readonly config: Config;
  readonly administration: Administration;
  readonly bulkImport: BulkImport;
  /** Integer seconds since 1970. */
  readonly clock: () => number;
  readonly onImportEvent: (event: ImportEvent) => void;
  readonly shapeOf: OperationParts['shapeOf'];
  readonly introspect: OperationParts['introspect'];
  readonly pages: AdminPagesParts;
  readonly observe: (event: HttpEvent) => void;
}

export interface AdminListener extends Pick<HttpServer, 'listen' | 'close'> {
  /** @throws RefractError `document`, and goes on serving the one before */
  readonly replace: (document: ContractDocument) => Promise<void>;
}

/** Everything but the port. @throws RefractError `admin_token`, `key` or `document` with one sentence */
export async function prepareAdminListener(parts: AdminListenerParts): Promise<AdminListener> {
  const { config, administration, shapeOf, introspect, observe } = parts;
  const imports = createImports({ bulkImport: parts.bulkImport, clock: parts.clock, tell: parts.onImportEvent });
  const operations = adminOperations({ administration, imports, introspect, shapeOf });
  const authorize = adminTokens(config.adminToken ?? keptToken(config)).nameOf;
  const { headerTimeout, requestTimeout, stopTimeout } = config;
  // Loaded here, since a command without a port needs neither Express nor what counts for Prometheus.
  const [{ createHttpServer }, { onlyNamed }, { adminPages }] = await Promise.all([
    import('../http/server.ts'),
    import('../http/host-names.ts'),
    import('./admin-pages.ts'),
  ]);
  const names = namesOf(config);
  const pagesBeside = adminPages(parts.pages);
  const served = (document: ContractDocument): Served => ({
    mounts: [mountAdmin(document, operations, authorize)],
    pages: pagesBeside(document),
    ...(names && { front: [onlyNamed(names)] }),
  });
  const server = await createHttpServer({
    ...served(loadAdminDocument()),
    observe,
    headerTimeout,
    requestTimeout,
    stopTimeout,
    failureLimit: config.adminFailureLimit,
  });
  return {
    ...server,
    replace: (document) => server.replace(served(document)),
    // An import whose sender was cut off has the rows before to commit, and to write down that it was.
    close: async () => {
      imports.stop();
      await server.close();
      await imports.ended();
    },
  };
}

/**
 * The names by which the listener is asked; `undefined` for any. On an address that others reach they come by names that
 * we do not know, as a scraper does by the one of its configuration.
 */
function namesOf({ adminHost, adminNames }: Config): readonly string[] | undefined {
  if (adminNames !== 'none') return adminNames.toLowerCase().split(',');
  return adminHost === 'localhost' || adminHost === '::1' || adminHost.startsWith('127.') ? [] : undefined;
}

/** The file that holds the admin token where the configuration does not. */
export function adminTokenFile({ adminTokenFile: file, database }: Config): string {
  return file ?? join(dirname(database), 'admin.token');
}

/**
 * Only looks.
 * @returns the names of the admin tokens; `undefined` where the next start makes one
 * @throws RefractError `admin_token` or `key` with one sentence for what a start would refuse
 */
export function inspectAdminTokens(config: Config): readonly string[] | undefined {
  const setting = config.adminToken ?? readSecretFile(adminTokenFile(config), 'admin token', shortestAdminToken);
  return setting === undefined ? undefined : adminTokens(setting).names;
}

function keptToken(config: Config): string {
  const file = adminTokenFile(config);
  return (
    readSecretFile(file, 'admin token', shortestAdminToken) ?? createSecretFile(file, 'admin token', shortestAdminToken)
  );
}
