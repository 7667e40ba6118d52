// The package entry of the contract `cloudreve`: types, typed client, and the contract for a session.
import { basePath, createCloudreveClient } from '../../generated/cloudreve.client.ts';
import { grantedIf, member, refused, sendBy, unavailable, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/cloudreve.ts';
export { basePath, createCloudreveClient };

/** For `createSession`. Every response is 200; final is the code 40020, an invalid token. */
export const cloudreve: SessionContract = {
  name: 'cloudreve',
  policy: 'reusable',
  basePath,
  send: sendBy(createCloudreveClient),
  read: (status, body) => {
    if (status !== 200) return unavailable;
    const code = member(body, 'code');
    if (code === 40020) return refused;
    const data = member(body, 'data');
    return code === 0 ? grantedIf(member(data, 'access_token'), member(data, 'refresh_token')) : unavailable;
  },
};
