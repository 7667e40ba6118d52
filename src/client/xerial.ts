// The package entry of the contract `xerial`: types, typed client, and the contract for a session.
import { basePath, createXerialClient } from '../../generated/xerial.client.ts';
import { grantedIf, member, refused, sendBy, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/xerial.ts';
export { basePath, createXerialClient };

/** For `createSession`. Final: 401 with the contract's own body. */
export const xerial: SessionContract = {
  name: 'xerial',
  policy: 'single-use',
  basePath,
  send: sendBy(createXerialClient),
  read: (status, body) => {
    // `expires` depends on the server's clock; the session uses the token's own lifetime.
    if (status === 200) return grantedIf(member(body, 'access', 'token'), member(body, 'refresh', 'token'));
    return status === 401 && member(body, 'code') === 401 ? refused : unavailable;
  },
};
