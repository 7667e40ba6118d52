// What consumers of the contract `xerial` import: its types, its typed client, and what a session knows of it.
import { basePath, createXerialClient } from '../../generated/xerial.client.ts';
import { grantedIf, member, refused, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/xerial.ts';
export { basePath, createXerialClient };

/** For `createSession`. Terminal: 401 with the contract's own body. */
export const xerial: SessionContract = {
  name: 'xerial',
  policy: 'single-use',
  basePath,
  send: async (refreshToken, { origin, signal, ...options }) => {
    const { data, error, response } = await createXerialClient(origin, options).refresh(refreshToken, { signal });
    return { response, body: data ?? error };
  },
  read: (status, body) => {
    // `expires` is a time of the server's clock, which is nothing to go by here; the token's lifetime is.
    if (status === 200) return grantedIf(member(body, 'access', 'token'), member(body, 'refresh', 'token'));
    return status === 401 && member(body, 'code') === 401 ? refused : unavailable;
  },
};
