// The parts that fib and orillion share: they are two revisions of one API.
import type { TokenProfile } from '../../engine/claims.ts';
import type { ContractDefaults } from '../../engine/policy.ts';
import type { WireRequest } from '../../http/types.ts';

/** The lifetimes of the documents' example tokens: 300 s and 24 h. */
export const sessionDefaults: ContractDefaults = {
  policies: ['single-use', 'reusable', 'static'],
  accessLifetime: 300,
  refreshLifetime: 86_400,
  sessionLifetime: 604_800,
};

/** Claims and algorithm of the documents' example tokens. */
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

/** Accepts both forms: by the documents the header is the token, and by their 401 text it is a Bearer token. */
export function bareOrBearer({ headers }: Pick<WireRequest, 'headers'>): string {
  return (headers['authorization'] ?? '').replace(/^bearer +/i, '').trim();
}

/** Returns the seconds between response and expiry. */
export function secondsLeft(expiresAt: number, answeredAt: number): number {
  return Math.max(0, expiresAt - answeredAt);
}
