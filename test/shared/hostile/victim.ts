// Who is attacked, and what a hostile token is.
import type { ContractName } from '../refreshing.ts';
import { claimsOf, headerOf } from '../tokens.ts';
import { decoded, type OwnKey } from './keys.ts';

export interface HostileToken {
  /** What is wrong with it. Tokens of the same kind share the text. */
  readonly what: string;
  readonly token: string;
  /**
   * `forged`: the signer finds no claims. `unprocessable`: our key signed it, and a deciding claim is missing or of the
   * wrong type. `refused`: our key signed it, and the engine refuses what its claims say.
   */
  readonly expected: 'forged' | 'unprocessable' | 'refused';
}

/** A contract under attack: its tokens, its keys, and what an attacker may have. */
export interface Victim {
  readonly contract: ContractName;
  readonly refreshToken: string;
  /** Refresh tokens of other active sessions of the contract. */
  readonly siblings: readonly string[];
  readonly accessToken: string;
  readonly keys: { readonly access: OwnKey; readonly refresh: OwnKey; readonly legacy: OwnKey };
  /** The JWK Set as it is published, byte for byte. */
  readonly jwks: string;
}

/** A token taken apart: its members, and its bytes as they were signed. */
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
