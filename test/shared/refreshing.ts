// A refresh over HTTP as a client of each contract makes it: its own call, and where its answers carry the tokens.
import { loadDocument, openapiFolder, type ContractDocument } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { at } from './at.ts';
import { call, json, type WireAnswer, type WireCall } from './wire.ts';

export const contracts = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'] as const;
export type ContractName = (typeof contracts)[number];

/** Where the tokens of a new session, and of an answer, are. A kirjaswappi answer has no refresh token. */
const places = {
  cloudreve: { access: ['data', 'access_token'], refresh: ['data', 'refresh_token'] },
  fib: { access: ['data', 'accessToken'], refresh: ['data', 'refreshToken'] },
  kirjaswappi: { access: ['jwtToken'], refresh: ['refreshToken'] },
  orillion: { access: ['data', 'accessToken'], refresh: ['data', 'refreshToken'] },
  xerial: { access: ['access', 'token'], refresh: ['refresh', 'token'] },
} as const;

const documents = new Map<ContractName, ContractDocument>();

/** The call that refreshes with the token, at the document's base path or another. */
export function callFor(contract: ContractName, token: string, basePath?: string): WireCall {
  // Parsed once: whoever sends hundreds in a second would do little else.
  const document = documents.get(contract) ?? loadDocument(`${openapiFolder}/${contract}.yaml`);
  documents.set(contract, document);
  const [operation] = document.operations;
  if (operation === undefined) throw new Error(`${contract} has no operation`);
  return exampleCall({ ...document, basePath: basePath ?? document.basePath }, operation, token);
}

export function send(origin: string, contract: ContractName, token: string): Promise<WireAnswer> {
  return call(origin, callFor(contract, token));
}

/** Whether new tokens were given: cloudreve says no with a 200 as well. */
export function isGranted(contract: ContractName, answer: WireAnswer): boolean {
  return answer.status === 200 && (contract !== 'cloudreve' || at(json(answer), 'code') === 0);
}

export function accessTokenIn(contract: ContractName, body: unknown): string {
  return textAt(body, places[contract].access);
}

export function refreshTokenIn(contract: ContractName, body: unknown): string {
  return textAt(body, places[contract].refresh);
}

/** Refreshes; fails where that is not granted. Returns the token to refresh with next time. */
export async function refresh(origin: string, contract: ContractName, token: string): Promise<string> {
  const answer = await send(origin, contract, token);
  if (!isGranted(contract, answer)) throw new Error(`${contract}: ${String(answer.status)} ${answer.body}`);
  return contract === 'kirjaswappi' ? token : refreshTokenIn(contract, json(answer));
}

function textAt(body: unknown, path: readonly string[]): string {
  const value = at(body, ...path);
  if (typeof value !== 'string') throw new Error(`${path.join('.')} is not a string in ${JSON.stringify(body)}`);
  return value;
}
