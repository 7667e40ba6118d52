// What consumers of the contract `orillion` import: its types, its typed client, and what a session knows of it.
import { basePath, createOrillionClient } from '../../generated/orillion.client.ts';
import { grantedIf, member, refused, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/orillion.ts';
export { basePath, createOrillionClient };

/** For `createSession`. Terminal: 401, 404 (no such user) and 422, each with the contract's own body. */
export const orillion: SessionContract = {
  name: 'orillion',
  policy: 'single-use',
  basePath,
  send: async (refreshToken, { origin, signal, ...options }) => {
    const { data, error, response } = await createOrillionClient(origin, options).refresh(refreshToken, { signal });
    return { response, body: data ?? error };
  },
  read: (status, body) => {
    const data = member(body, 'data');
    if (status === 200) {
      return grantedIf(member(data, 'accessToken'), member(data, 'refreshToken'), member(data, 'expirationTime'));
    }
    const isOwn = member(body, 'status', 'code') === status;
    return isOwn && [401, 404, 422].includes(status) ? refused : unavailable;
  },
};
