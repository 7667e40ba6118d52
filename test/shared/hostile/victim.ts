// The types of hostile tokens and of their target.
import type { ContractName } from '../refreshing.ts';
import { claimsOf, headerOf } from '../tokens.ts';
import { decoded, type OwnKey } from './keys.ts';

export interface HostileToken {
  /** The kind of mistake. */
  readonly what: string;
  readonly token: string;
  /**
   * `forged`: the signer finds no claims. `unprocessable`: our key signed it, and a deciding claim is missing or of the
   * wrong type. `refused`: our key signed it, and the engine refuses its claims.
   */
  readonly expected: 'forged' | 'unprocessable' | 'refused';
}

/** A contract under attack: its tokens, its keys and the published JWK Set. */
export interface Victim {
  readonly contract: ContractName;
  readonly refreshToken: string;
  /** Refresh tokens of other active sessions of the contract. */
  readonly siblings: readonly string[];
  readonly accessToken: string;
  readonly keys: { readonly access: OwnKey; readonly refresh: OwnKey; readonly legacy: OwnKey };
  /** The published JWK Set, byte for byte. */
  readonly jwks: string;
}

/** Parses a token into members and signed bytes. */
export function partsOf(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return {
    header: headerOf(token),
    claims: claimsOf(token),
    headerText: decoded(header),
    payloadText: decoded(payload),
    signature,
  };
}
