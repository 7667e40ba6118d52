// The package entry of the contract `fib`: types, typed client, and the contract for a session.
import { basePath, createFibClient } from '../../generated/fib.client.ts';
import { readEnvelope, sendBy, type SessionContract } from './contract.ts';

export type { components, operations, paths } from '../../generated/fib.ts';
export { basePath, createFibClient };

/** For `createSession`. */
export const fib: SessionContract = {
  name: 'fib',
  policy: 'single-use',
  basePath,
  send: sendBy(createFibClient),
  read: readEnvelope,
};
