// Orillion: another revision of the FIB API, whose `status` has no message. This file translates
// openapi/orillion.yaml.
import type { operations } from '../../generated/orillion.ts';
import type { Reply } from '../http/types.ts';
import { defineContract } from './shared/contract.ts';
import { bareOrBearer, secondsLeft, sessionDefaults, sessionProfile } from './shared/session-tokens.ts';
import { throttled, unavailable } from './shared/texts.ts';

type OrillionReply = Reply<operations['refreshSession']>;

const badRequest: OrillionReply = { status: 400, body: { status: { code: 400, name: 'Bad Request' } } };

const unauthorized: OrillionReply = { status: 401, body: { status: { code: 401, name: 'Unauthorized' } } };

const notFound: OrillionReply = { status: 404, body: { status: { code: 404, name: 'Not Found' } } };

const unprocessable: OrillionReply = {
  status: 422,
  body: { status: { code: 422, name: 'Unprocessable Content' } },
};

const internalServerError: OrillionReply = {
  status: 500,
  body: { status: { code: 500, name: 'Internal Server Error' } },
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
          status: { code: 200, name: 'OK' },
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
