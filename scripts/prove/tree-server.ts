// A server of a tree in this process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAdminClient } from '../../generated/admin.client.ts';
import type { TestServerOptions } from '../../test/shared/server.ts';

/** @param tree this one, or a copy with a planted bug */
export async function startTreeServer(tree: string, options: TestServerOptions) {
  const file = pathToFileURL(join(tree, 'test', 'shared', 'server.ts')).href;
  // The same module of this tree or of a copy.
  const { startServer, adminToken } = (await import(file)) as typeof import('../../test/shared/server.ts');
  const server = await startServer(options);
  const headers = { authorization: `Bearer ${adminToken}` };
  return { server, admin: createAdminClient(await server.adminOrigin(), { headers }).client };
}
