// What consumers of the contract `kirjaswappi` import: its types, its typed client, and what a session knows of it.
import { basePath, createKirjaswappiClient } from '../../generated/kirjaswappi.client.ts';
import { isToken, member, refused, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/kirjaswappi.ts';
export { basePath, createKirjaswappiClient };

/** For `createSession`. Terminal: 401 `invalidRefreshToken` and 404 `userNotFound`. There is no successor. */
export const kirjaswappi: SessionContract = {
  name: 'kirjaswappi',
  policy: 'static',
  basePath,
  send: async (refreshToken, { origin, signal, ...options }) => {
    const { data, error, response } = await createKirjaswappiClient(origin, options).refresh(refreshToken, { signal });
    return { response, body: data ?? error };
  },
  read: (status, body) => {
    const accessToken = member(body, 'jwtToken');
    if (status === 200 && isToken(accessToken)) return { kind: 'granted', accessToken, refreshToken: undefined };
    const code = member(body, 'error', 'code');
    const isFinal = (status === 401 && code === 'invalidRefreshToken') || (status === 404 && code === 'userNotFound');
    return isFinal ? refused : unavailable;
  },
};
