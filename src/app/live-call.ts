// A contract's own example of a call, with a live token.
import { RefractError } from '../errors.ts';
import { exampleCall, type ExampleCall } from '../http/example-call.ts';
import type { LoadedContract } from './contracts.ts';

/** @param at where the contract is mounted instead of its own base path @throws RefractError `document` where it has no operation */
export function liveCall({ document }: Pick<LoadedContract, 'document'>, token: string, at?: string): ExampleCall {
  const [operation] = document.operations;
  if (operation === undefined) throw new RefractError('document', `${document.file} has no operation.`);
  return exampleCall({ ...document, basePath: at ?? document.basePath }, operation, token);
}
