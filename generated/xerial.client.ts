// Generated from openapi/xerial.yaml by `npm run generate`; edit the document, not this file.

import createClient, { type ClientOptions } from 'openapi-fetch';
import type { paths } from './xerial.ts';

/** Where the document mounts its operations. */
export const basePath = '/xerial';

/**
 * A typed client of `xerial`.
 * @param origin of the server, for example `https://tokens.example`
 * @param options of openapi-fetch; `basePath` for a server that mounts the contract elsewhere
 */
export function createXerialClient(
  origin: string,
  { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string | undefined } = {},
) {
  const client = createClient<paths>({ ...options, baseUrl: origin.replace(/\/+$/, '') + mount });
  return {
    client,
    /** refreshTokens: sends the refresh token and nothing else. */
    refresh: (refreshToken: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      client.POST('/auth/refresh-tokens', { ...(signal && { signal }), body: { refreshToken } }),
  };
}
