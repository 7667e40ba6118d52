// Refreshes over HTTP as a client of each contract: its call, and the tokens in its response.
import { loadDocument, openapiFolder, type ContractDocument } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { at } from './at.ts';
import { call, json, type WireAnswer, type WireCall } from './wire.ts';

export const contracts = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'] as const;
export type ContractName = (typeof contracts)[number];

/** The paths of the tokens in a new session and in a response. A kirjaswappi response has no refresh token. */
const tokenPaths = {
  cloudreve: { access: ['data', 'access_token'], refresh: ['data', 'refresh_token'] },
  fib: { access: ['data', 'accessToken'], refresh: ['data', 'refreshToken'] },
  kirjaswappi: { access: ['jwtToken'], refresh: ['refreshToken'] },
  orillion: { access: ['data', 'accessToken'], refresh: ['data', 'refreshToken'] },
  xerial: { access: ['access', 'token'], refresh: ['refresh', 'token'] },
} as const;

const documents = new Map<ContractName, ContractDocument>();

/** Returns the call that refreshes with the token. @param basePath that of the document unless given */
export function callFor(contract: ContractName, token: string, basePath?: string): WireCall {
  // Parsed once, since a client may send hundreds in a second.
  const document = documents.get(contract) ?? loadDocument(`${openapiFolder}/${contract}.yaml`);
  documents.set(contract, document);
  const [operation] = document.operations;
  if (operation === undefined) throw new Error(`${contract} has no operation`);
  return exampleCall({ ...document, basePath: basePath ?? document.basePath }, operation, token);
}

export function send(origin: string, contract: ContractName, token: string): Promise<WireAnswer> {
  return call(origin, callFor(contract, token));
}

/** @returns whether the response has new tokens: cloudreve refuses with 200, too */
export function isGranted(contract: ContractName, answer: WireAnswer): boolean {
  return answer.status === 200 && (contract !== 'cloudreve' || at(json(answer), 'code') === 0);
}

export function accessTokenIn(contract: ContractName, body: unknown): string {
  return textAt(body, tokenPaths[contract].access);
}

export function refreshTokenIn(contract: ContractName, body: unknown): string {
  return textAt(body, tokenPaths[contract].refresh);
}

/** Refreshes. @returns the next token @throws if the refresh is not granted */
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
