// OAuth 2.0: "Refreshing an Access Token" (RFC 6749 §6). openapi/oauth.yaml is the source; this file only translates.
import type { operations } from '../../generated/oauth.ts';
import type { FailureContext, Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { throttled, unavailable } from './shared/texts.ts';

type OauthReply = Reply<operations['refreshAccessToken']>;

const invalidRequest: OauthReply = { status: 400, body: { error: 'invalid_request' } };

const unsupportedGrantType: OauthReply = { status: 400, body: { error: 'unsupported_grant_type' } };

/** RFC 6749 §5.2 has this one word for a refresh token that is "invalid, expired, revoked". */
const invalidGrant: OauthReply = { status: 400, body: { error: 'invalid_grant' } };

const serverError: OauthReply = { status: 500, body: { error: 'server_error' } };

export default defineContract<operations>({
  defaults: {
    policies: ['single-use', 'reusable', 'static'],
    // The examples of the RFC say 3600 s; the other two are ours.
    accessLifetime: 3_600,
    refreshLifetime: 1_209_600,
    sessionLifetime: 7_776_000,
  },
  profile: {
    algorithm: 'EdDSA',
    accessClaims: ({ subject, issuedAt, expiresAt }) => ({ sub: subject.id, iat: issuedAt, exp: expiresAt }),
    refreshClaims: ({ subject, issuedAt, expiresAt }) => ({ sub: subject.id, iat: issuedAt, exp: expiresAt }),
    refreshStrings: [],
  },
  operations: {
    refreshAccessToken: {
      credential: ({ body }) => body.refresh_token,
      granted: ({ access, refresh, answeredAt }) => ({
        status: 200,
        body: {
          access_token: access.token,
          token_type: 'Bearer',
          expires_in: Math.max(0, access.expiresAt - answeredAt),
          refresh_token: refresh.token,
        },
      }),
      failures: (context) => ({
        violation: hasOtherGrantType(context) ? unsupportedGrantType : invalidRequest,
        noCredential: invalidRequest,
        refused: {
          invalid_token: invalidGrant,
          unprocessable_token: invalidGrant,
          unknown_session: invalidGrant,
          revoked_session: invalidGrant,
          expired_session: invalidGrant,
          reused_token: invalidGrant,
          missing_subject: invalidGrant,
          disabled_subject: invalidGrant,
          stale_subject: invalidGrant,
        },
        throttled: throttled(context),
        unavailable: unavailable(context),
        fault: serverError,
      }),
    },
  },
});

/** The document fixes the grant type with `const`; one that is missing or repeated is an invalid request. */
function hasOtherGrantType({ violations }: FailureContext): boolean {
  return violations.some(({ target, rule }) => target === 'grant_type' && rule === 'const');
}
