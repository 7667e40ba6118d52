// FIB: "Refreshing authentication tokens". This file translates openapi/fib.yaml.
import type { operations } from '../../generated/fib.ts';
import type { Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { bareOrBearer, secondsLeft, sessionDefaults, sessionProfile } from './shared/session-tokens.ts';
import { throttled, unavailable } from './shared/texts.ts';

type FibReply = Reply<operations['refreshSession']>;

const badRequest: FibReply = {
  status: 400,
  body: { status: { code: 400, name: 'Bad Request', message: 'Bad request.' } },
};

const unauthorized: FibReply = {
  status: 401,
  body: {
    status: {
      code: 401,
      name: 'Unauthorized',
      message:
        'Either the signature or refresh token are not valid, or the Bearer token could not be parsed from the `Authorization` header.',
    },
  },
};

const notFound: FibReply = {
  status: 404,
  body: { status: { code: 404, name: 'Not Found', message: 'User not found.' } },
};

const unprocessable: FibReply = {
  status: 422,
  body: { status: { code: 422, name: 'Unprocessable Content', message: 'Unprocessable content.' } },
};

const internalServerError: FibReply = {
  status: 500,
  body: { status: { code: 500, name: 'Internal Server Error', message: 'Internal server error.' } },
};

export default defineContract<operations>({
  defaults: sessionDefaults,
  profile: sessionProfile,
  operations: {
    refreshSession: {
      credential: bareOrBearer,
      granted: ({ access, refresh, answeredAt }) => ({
        status: 200,
        body: {
          status: { code: 200, name: 'OK', message: 'Authentication tokens have been refreshed successfully.' },
          data: {
            accessToken: access.token,
            refreshToken: refresh.token,
            expirationTime: secondsLeft(access.expiresAt, answeredAt),
          },
        },
      }),
      failures: (context) => ({
        violation: badRequest,
        noCredential: unauthorized,
        refused: {
          invalid_token: unauthorized,
          unprocessable_token: unprocessable,
          unknown_session: unauthorized,
          revoked_session: unauthorized,
          expired_session: unauthorized,
          reused_token: unauthorized,
          missing_subject: notFound,
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
