// KirjaSwappi: "Refresh an authentication token". This file translates openapi/kirjaswappi.yaml.
import type { components, operations } from '../../generated/kirjaswappi.ts';
import type { FailureContext, Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { throttled, unavailable } from './shared/texts.ts';

type KirjaswappiReply = Reply<operations['refreshAuthenticationToken']>;

const invalidRefreshToken: KirjaswappiReply = {
  status: 401,
  body: { error: { code: 'invalidRefreshToken', message: 'The refresh token is not valid.', target: 'refreshToken' } },
};

const userNotFound: KirjaswappiReply = {
  status: 404,
  body: { error: { code: 'userNotFound', message: 'The user does not exist.' } },
};

const internalServerError: KirjaswappiReply = {
  status: 500,
  body: { error: { code: 'internalServerError', message: 'Internal server error.' } },
};

export default defineContract<operations>({
  defaults: {
    // The reply has no field for a successor, so the refresh token does not change.
    policies: ['static'],
    accessLifetime: 300,
    refreshLifetime: 604_800,
    sessionLifetime: 604_800,
  },
  profile: {
    algorithm: 'HS256',
    accessClaims: ({ subject, issuedAt, expiresAt }) => ({
      sub: subject.id,
      role: subject.role ?? 'USER',
      iat: issuedAt,
      exp: expiresAt,
    }),
    refreshClaims: ({ subject, issuedAt, expiresAt }) => ({ sub: subject.id, iat: issuedAt, exp: expiresAt }),
    refreshStrings: [],
  },
  // The reply to a refresh has no refresh token, but a sign-in needs it.
  issued: ({ access, refresh }) => ({ jwtToken: access.token, refreshToken: refresh.token }),
  operations: {
    refreshAuthenticationToken: {
      credential: ({ body }) => body.refreshToken,
      granted: ({ access }) => ({ status: 200, body: { jwtToken: access.token } }),
      failures: (context) => {
        const invalidRequest = validationFailed(context);
        return {
          violation: invalidRequest,
          noCredential: invalidRequest,
          refused: {
            invalid_token: invalidRefreshToken,
            unprocessable_token: invalidRefreshToken,
            unknown_session: invalidRefreshToken,
            revoked_session: invalidRefreshToken,
            expired_session: invalidRefreshToken,
            reused_token: invalidRefreshToken,
            missing_subject: userNotFound,
            disabled_subject: invalidRefreshToken,
            stale_subject: invalidRefreshToken,
          },
          throttled: throttled(context),
          unavailable: unavailable(context),
          fault: internalServerError,
        };
      },
    },
  },
});

/** `details` names each invalid field. */
function validationFailed({ violations }: FailureContext): KirjaswappiReply {
  const details: components['schemas']['FailureDetail'][] = violations.map(({ target, problem }) => ({
    code: 'invalidField',
    message: problem,
    target,
  }));
  return { status: 400, body: { error: { code: 'validationFailed', message: 'The request is not valid.', details } } };
}
