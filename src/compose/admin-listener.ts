// The listener of the operators: the admin contract behind its tokens, on a port of its own.
import { dirname, join } from 'node:path';
import type { Administration } from '../admin/administration.ts';
import { introspect, type IntrospectionParts } from '../admin/introspection.ts';
import { mountAdmin } from '../admin/mounted.ts';
import { adminOperations, type OperationParts } from '../admin/operations.ts';
import { adminTokens, shortestAdminToken } from '../admin/tokens.ts';
import type { Config } from '../config.ts';
import type { HttpServer } from '../http/server.ts';
import type { HttpEvent } from '../http/types.ts';
import { createSecretFile, readSecretFile } from '../signer/secret-file.ts';
import { loadAdminDocument } from './loading.ts';

export interface AdminListenerParts {
  readonly config: Config;
  readonly administration: Administration;
  readonly shapeOf: OperationParts['shapeOf'];
  readonly introspection: IntrospectionParts;
  readonly observe: (event: HttpEvent) => void;
}

/** Everything but the port. @throws AdminTokenError, KeyError or DocumentError with one sentence */
export async function prepareAdminListener(parts: AdminListenerParts): Promise<HttpServer> {
  const { config, administration, shapeOf, introspection, observe } = parts;
  const operations = adminOperations({
    administration,
    introspect: (token) => introspect(introspection, token),
    shapeOf,
  });
  const mount = mountAdmin(loadAdminDocument(), operations, adminTokens(config.adminToken ?? keptToken(config)));
  const { headerTimeout, requestTimeout, stopTimeout } = config;
  const { createHttpServer } = await import('../http/server.ts');
  return createHttpServer({ mounts: [mount], observe, headerTimeout, requestTimeout, stopTimeout, failureLimit: 0 });
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
