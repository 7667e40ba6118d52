// The package entry of the contract `kirjaswappi`: types, typed client, and the contract for a session.
import { basePath, createKirjaswappiClient } from '../../generated/kirjaswappi.client.ts';
import { isToken, member, refused, sendBy, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/kirjaswappi.ts';
export { basePath, createKirjaswappiClient };

/** For `createSession`. Final: 401 `invalidRefreshToken` and 404 `userNotFound`. There are no successors. */
export const kirjaswappi: SessionContract = {
  name: 'kirjaswappi',
  policy: 'static',
  basePath,
  send: sendBy(createKirjaswappiClient),
  read: (status, body) => {
    const accessToken = member(body, 'jwtToken');
    if (status === 200 && isToken(accessToken)) return { kind: 'granted', accessToken, refreshToken: undefined };
    const code = member(body, 'error', 'code');
    const isFinal = (status === 401 && code === 'invalidRefreshToken') || (status === 404 && code === 'userNotFound');
    return isFinal ? refused : unavailable;
  },
};
