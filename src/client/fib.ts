// The package entry of the contract `fib`: its types, its typed client, and how a session uses it.
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
