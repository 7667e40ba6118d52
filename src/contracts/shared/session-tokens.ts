// What fib and orillion share: two revisions of one API, with the same tokens and the same header.
import type { TokenProfile } from '../../engine/claims.ts';
import type { ContractDefaults } from '../../engine/policy.ts';
import type { WireRequest } from '../../http/types.ts';

/** The lifetimes that the documents' example tokens have: 300 s and 24 h. */
export const sessionDefaults: ContractDefaults = {
  policies: ['single-use', 'reusable', 'static'],
  accessLifetime: 300,
  refreshLifetime: 86_400,
  sessionLifetime: 604_800,
};

/** Claims and algorithm as read from the documents' example tokens. */
export const sessionProfile: TokenProfile = {
  algorithm: 'EdDSA',
  accessClaims: ({ subject, expiresAt }) => ({
    acc: subject.account ?? subject.id,
    sub: subject.email ?? subject.id,
    role: subject.role ?? 'ROLE_USER',
    exp: expiresAt,
  }),
  refreshClaims: ({ subject, accessTokenId, expiresAt }) => ({
    sub: subject.email ?? subject.id,
    acjti: accessTokenId,
    exp: expiresAt,
  }),
  refreshStrings: ['acjti'],
};

/** The documents say that the header is the token, and their 401 text that it is a Bearer token: both are taken. */
export function bareOrBearer({ headers }: Pick<WireRequest, 'headers'>): string {
  return (headers['authorization'] ?? '').replace(/^bearer +/i, '').trim();
}

/** Seconds left of the access token at the moment of answering. */
export function secondsLeft(expiresAt: number, answeredAt: number): number {
  return Math.max(0, expiresAt - answeredAt);
}
