// Generated from openapi/orillion.yaml by `npm run generate`; edit the document, not this file.

import createClient, { type ClientOptions } from 'openapi-fetch';
import type { paths } from './orillion.ts';

/** Where the document mounts its operations. */
export const basePath = '/orillion';

/**
 * A typed client of `orillion`.
 * @param origin of the server, for example `https://tokens.example`
 * @param options of openapi-fetch; `basePath` for a server that mounts the contract elsewhere
 */
export function createOrillionClient(
  origin: string,
  { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string } = {},
) {
  const client = createClient<paths>({ ...options, baseUrl: trimmed(origin) + trimmed(mount) });
  return {
    client,
    /** refreshSession: sends the refresh token and nothing else. */
    refresh: (refreshToken: string, init: { signal?: AbortSignal } = {}) =>
      client.PATCH('/auth/api/v1/authentication-management/session', {
        ...init,
        headers: { authorization: refreshToken },
      }),
  };
}

const trimmed = (part: string): string => part.replace(/\/+$/, '');
