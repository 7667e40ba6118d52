// The listener of the operators: the admin contract behind its tokens, and the pages that tell how the server does, on a
// port of its own.
import { dirname, join } from 'node:path';
import type { Administration } from '../admin/administration.ts';
import { introspect, type IntrospectionParts } from '../admin/introspection.ts';
import { mountAdmin } from '../admin/mounted.ts';
import { adminOperations, type OperationParts } from '../admin/operations.ts';
import { adminTokens, shortestAdminToken } from '../admin/tokens.ts';
import type { Config } from '../config.ts';
import type { ContractDocument } from '../http/documents.ts';
import type { HttpServer, Served } from '../http/server.ts';
import type { HttpEvent } from '../http/types.ts';
import { createSecretFile, readSecretFile } from '../signer/secret-file.ts';
import type { AdminPagesParts } from './admin-pages.ts';
import { loadAdminDocument } from './loading.ts';

export interface AdminListenerParts {
  readonly config: Config;
  readonly administration: Administration;
  readonly shapeOf: OperationParts['shapeOf'];
  readonly introspection: IntrospectionParts;
  readonly pages: AdminPagesParts;
  readonly observe: (event: HttpEvent) => void;
}

export interface AdminListener extends Pick<HttpServer, 'listen' | 'close'> {
  /** @throws DocumentError with one sentence, and goes on serving the one before */
  readonly replace: (document: ContractDocument) => Promise<void>;
}

/** Everything but the port. @throws AdminTokenError, KeyError or DocumentError with one sentence */
export async function prepareAdminListener(parts: AdminListenerParts): Promise<AdminListener> {
  const { config, administration, shapeOf, introspection, observe } = parts;
  const operations = adminOperations({
    administration,
    introspect: (token) => introspect(introspection, token),
    shapeOf,
  });
  const authorize = adminTokens(config.adminToken ?? keptToken(config));
  const { headerTimeout, requestTimeout, stopTimeout } = config;
  // Loaded here, since a command without a port needs neither Express nor what counts for Prometheus.
  const [{ createHttpServer }, { adminPages }] = await Promise.all([
    import('../http/server.ts'),
    import('./admin-pages.ts'),
  ]);
  const pagesBeside = adminPages(parts.pages);
  const served = (document: ContractDocument): Served => ({
    mounts: [mountAdmin(document, operations, authorize)],
    pages: pagesBeside(document),
  });
  const server = await createHttpServer({
    ...served(loadAdminDocument()),
    observe,
    headerTimeout,
    requestTimeout,
    stopTimeout,
    failureLimit: 0,
  });
  return { ...server, replace: (document) => server.replace(served(document)) };
}

/** The file that holds the admin token where the configuration does not. */
export function adminTokenFile({ adminTokenFile: file, database }: Config): string {
  return file ?? join(dirname(database), 'admin.token');
}

function keptToken(config: Config): string {
  const file = adminTokenFile(config);
  return (
    readSecretFile(file, 'admin token', shortestAdminToken) ?? createSecretFile(file, 'admin token', shortestAdminToken)
  );
}
