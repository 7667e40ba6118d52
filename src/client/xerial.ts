// The package entry of the contract `xerial`: its types, its typed client, and how a session uses it.
import { basePath, createXerialClient } from '../../generated/xerial.client.ts';
import { grantedIf, member, refused, sendBy, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/xerial.ts';
export { basePath, createXerialClient };

/** For `createSession`. Terminal: 401 with the contract's own body. */
export const xerial: SessionContract = {
  name: 'xerial',
  policy: 'single-use',
  basePath,
  send: sendBy(createXerialClient),
  read: (status, body) => {
    // `expires` is a time of the server's clock; the session goes by the token's own lifetime.
    if (status === 200) return grantedIf(member(body, 'access', 'token'), member(body, 'refresh', 'token'));
    return status === 401 && member(body, 'code') === 401 ? refused : unavailable;
  },
};
