// Cloudreve: "Refresh Token". This file translates openapi/cloudreve.yaml.
// Success and failure have the HTTP status 200 and differ by `code`.
import type { operations } from '../../generated/cloudreve.ts';
import type { FailureContext, Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { throttled, unavailable } from './shared/texts.ts';

type CloudreveReply = Reply<operations['refreshToken']>;

export default defineContract<operations>({
  defaults: {
    // Published clients send the same token from several tabs, and the document does not say that a refresh ends it.
    policies: ['reusable', 'single-use', 'static'],
    // Of the document's example tokens: 1 h and 180 d.
    accessLifetime: 3_600,
    refreshLifetime: 15_552_000,
    sessionLifetime: 15_552_000,
  },
  profile: {
    algorithm: 'HS256',
    accessClaims: ({ subject, issuedAt, expiresAt }) => ({
      token_type: 'access',
      sub: subject.id,
      exp: expiresAt,
      nbf: issuedAt,
    }),
    refreshClaims: ({ subject, issuedAt, expiresAt, stateHash }) => ({
      token_type: 'refresh',
      sub: subject.id,
      exp: expiresAt,
      nbf: issuedAt,
      state_hash: stateHash(),
    }),
    refreshStrings: ['token_type', 'state_hash'],
  },
  operations: {
    refreshToken: {
      credential: ({ body }) => body.refresh_token,
      granted: ({ access, refresh }) => ({
        status: 200,
        body: {
          code: 0,
          msg: '',
          data: {
            access_token: access.token,
            access_expires: isoTime(access.expiresAt),
            refresh_token: refresh.token,
            refresh_expires: isoTime(refresh.expiresAt),
          },
        },
      }),
      failures: (context) => {
        const invalidRequest = failed(context, 40001, 'The request is not valid.');
        const invalidToken = failed(context, 40020, 'The refresh token is not valid.');
        return {
          violation: invalidRequest,
          noCredential: invalidRequest,
          refused: {
            invalid_token: invalidToken,
            unprocessable_token: invalidToken,
            unknown_session: invalidToken,
            revoked_session: invalidToken,
            expired_session: invalidToken,
            reused_token: invalidToken,
            missing_subject: invalidToken,
            disabled_subject: invalidToken,
            stale_subject: invalidToken,
          },
          throttled: throttled(context),
          unavailable: unavailable(context),
          fault: failed(context, -1, 'Internal server error.'),
        };
      },
    },
  },
});

function failed({ requestId }: FailureContext, code: 40001 | 40020 | -1, msg: string): CloudreveReply {
  return { status: 200, body: { code, msg, correlation_id: requestId } };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
