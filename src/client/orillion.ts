// The package entry of the contract `orillion`: types, typed client, and the contract for a session.
import { basePath, createOrillionClient } from '../../generated/orillion.client.ts';
import { readEnvelope, sendBy, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/orillion.ts';
export { basePath, createOrillionClient };

/** For `createSession`. */
export const orillion: SessionContract = {
  name: 'orillion',
  policy: 'single-use',
  basePath,
  send: sendBy(createOrillionClient),
  read: readEnvelope,
};
