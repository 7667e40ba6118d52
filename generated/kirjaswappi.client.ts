// Generated from openapi/kirjaswappi.yaml by `npm run generate`; edit the document, not this file.

import createClient, { type ClientOptions } from 'openapi-fetch';
import type { paths } from './kirjaswappi.ts';

/** Where the document mounts its operations. */
export const basePath = '/kirjaswappi';

/**
 * A typed client of `kirjaswappi`.
 * @param origin of the server, for example `https://tokens.example`
 * @param options of openapi-fetch; `basePath` for a server that mounts the contract elsewhere
 */
export function createKirjaswappiClient(
  origin: string,
  { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string | undefined } = {},
) {
  const client = createClient<paths>({ ...options, baseUrl: origin.replace(/\/+$/, '') + mount });
  return {
    client,
    /** refreshAuthenticationToken: sends the refresh token and nothing else. */
    refresh: (refreshToken: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      client.POST('/api/v1/authenticate/refresh', { ...(signal && { signal }), body: { refreshToken } }),
  };
}
