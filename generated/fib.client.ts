// Generated from openapi/fib.yaml by `npm run generate`; edit the document, not this file.

import createClient, { type ClientOptions } from 'openapi-fetch';
import type { paths } from './fib.ts';

/** Where the document mounts its operations. */
export const basePath = '/fib';

/**
 * A typed client of `fib`.
 * @param origin of the server, for example `https://tokens.example`
 * @param options of openapi-fetch; `basePath` for a server that mounts the contract elsewhere
 */
export function createFibClient(
  origin: string,
  { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string | undefined } = {},
) {
  const client = createClient<paths>({ ...options, baseUrl: origin.replace(/\/+$/, '') + mount });
  return {
    client,
    /** refreshSession: sends the refresh token and nothing else. */
    refresh: (refreshToken: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      client.PATCH('/auth/api/v1/authentication-management/session', {
        ...(signal && { signal }),
        headers: { authorization: refreshToken },
      }),
  };
}
