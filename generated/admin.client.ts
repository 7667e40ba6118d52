// Generated from openapi/admin.yaml by `npm run generate`; edit the document, not this file.

import createClient, { type ClientOptions } from 'openapi-fetch';
import type { paths } from './admin.ts';

/** Where the document mounts its operations. */
export const basePath = '/admin/v1';

/**
 * A typed client of `admin`.
 * @param origin of the server, for example `https://tokens.example`
 * @param options of openapi-fetch; `basePath` for a server that mounts the contract elsewhere
 */
export function createAdminClient(
  origin: string,
  { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string | undefined } = {},
) {
  const client = createClient<paths>({ ...options, baseUrl: origin.replace(/\/+$/, '') + mount });
  return { client };
}
