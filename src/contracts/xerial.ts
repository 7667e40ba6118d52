// Xerial: "Refresh Auth Tokens". This file translates openapi/xerial.yaml.
import type { operations } from '../../generated/xerial.ts';
import type { IssuedToken } from '../engine/outcome.ts';
import type { Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { throttled, unavailable } from './shared/texts.ts';

type XerialReply = Reply<operations['refreshTokens']>;

/** The document has no other status for an invalid request. */
const unauthorized: XerialReply = { status: 401, body: { code: 401, message: 'Please Authenticate' } };

const internalServerError: XerialReply = { status: 500, body: { error: 'Internal Server Error' } };

export default defineContract<operations>({
  defaults: {
    policies: ['single-use', 'reusable', 'static'],
    // The document's example token is valid for 1800 s; it says nothing about the other two lifetimes.
    accessLifetime: 1_800,
    refreshLifetime: 2_592_000,
    sessionLifetime: 7_776_000,
  },
  profile: {
    algorithm: 'HS256',
    accessClaims: ({ subject, issuedAt, expiresAt }) => ({
      sub: subject.id,
      iat: issuedAt,
      exp: expiresAt,
      type: 'access',
    }),
    refreshClaims: ({ subject, issuedAt, expiresAt }) => ({
      sub: subject.id,
      iat: issuedAt,
      exp: expiresAt,
      type: 'refresh',
    }),
    refreshStrings: ['type'],
  },
  operations: {
    refreshTokens: {
      credential: ({ body }) => body.refreshToken,
      granted: ({ access, refresh }) => ({ status: 200, body: { access: tokenOf(access), refresh: tokenOf(refresh) } }),
      failures: (context) => ({
        violation: unauthorized,
        noCredential: unauthorized,
        refused: {
          invalid_token: unauthorized,
          unprocessable_token: unauthorized,
          unknown_session: unauthorized,
          revoked_session: unauthorized,
          expired_session: unauthorized,
          reused_token: unauthorized,
          missing_subject: unauthorized,
          disabled_subject: unauthorized,
          stale_subject: unauthorized,
        },
        throttled: throttled(context),
        unavailable: unavailable(context),
        fault: internalServerError,
      }),
    },
  },
});

function tokenOf({ token, expiresAt }: IssuedToken) {
  return { token, expires: new Date(expiresAt * 1000).toISOString() };
}
