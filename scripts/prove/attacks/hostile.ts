// A token that must not be accepted, and what the design says is answered to it.
import { claimsOf, headerOf } from '../../../test/shared/tokens.ts';

export interface Hostile {
  /** What is wrong with it. Tokens of the same kind bear the same words. */
  readonly what: string;
  readonly token: string;
  /** `unprocessable`: our key for this contract signed it, but what decides is missing or of the wrong type. */
  readonly expected: 'invalid' | 'unprocessable';
}

export function invalid(what: string, token: string): Hostile {
  return { what, token, expected: 'invalid' };
}

/** The bytes of a token's header and claims, as they were signed. */
export function textsOf(token: string): {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
} {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header: decoded(header), payload: decoded(payload), signature };
}

/** Parsed, unverified. */
export function membersOf(token: string): {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
} {
  return { header: headerOf(token), claims: claimsOf(token) };
}

/** A compact JWS of these very bytes, with a signature as it is written. */
export function withSignature(header: string, payload: string, signature: string): string {
  return `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}.${signature}`;
}

function decoded(segment: string): string {
  return Buffer.from(segment, 'base64url').toString();
}
