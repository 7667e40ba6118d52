// The entry for consumers of the contract `oauth`: its types, its typed client and its session contract.
import { basePath, createOauthClient } from '../../generated/oauth.client.ts';
import { grantedIf, member, refused, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/oauth.ts';
export { basePath, createOauthClient };

/** For `createSession`. Terminal: 400 `invalid_grant` (RFC 6749 §5.2). */
export const oauth: SessionContract = {
  name: 'oauth',
  policy: 'single-use',
  basePath,
  send: async (refreshToken, { origin, signal, ...options }) => {
    const { data, error, response } = await createOauthClient(origin, options).refresh(refreshToken, { signal });
    return { response, body: data ?? error };
  },
  read: (status, body) => {
    if (status === 200)
      return grantedIf(member(body, 'access_token'), member(body, 'refresh_token'), member(body, 'expires_in'));
    return status === 400 && member(body, 'error') === 'invalid_grant' ? refused : unavailable;
  },
};
