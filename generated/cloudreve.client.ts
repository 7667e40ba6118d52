// Generated from openapi/cloudreve.yaml by `npm run generate`; edit the document, not this file.

import createClient, { type ClientOptions } from 'openapi-fetch';
import type { paths } from './cloudreve.ts';

/** Where the document mounts its operations. */
export const basePath = '/cloudreve/api/v4';

/**
 * A typed client of `cloudreve`.
 * @param origin of the server, for example `https://tokens.example`
 * @param options of openapi-fetch; `basePath` for a server that mounts the contract elsewhere
 */
export function createCloudreveClient(
  origin: string,
  { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string | undefined } = {},
) {
  const client = createClient<paths>({ ...options, baseUrl: origin.replace(/\/+$/, '') + mount });
  return {
    client,
    /** refreshToken: sends the refresh token and nothing else. */
    refresh: (refreshToken: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      client.POST('/session/token/refresh', { ...(signal && { signal }), body: { refresh_token: refreshToken } }),
  };
}
