import { expect } from 'vitest';
import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

const error = (status: number, members: object): Expected => ({ status, body: { error: members } });
const invalidRefreshToken = error(401, {
  code: 'invalidRefreshToken',
  message: 'The refresh token is not valid.',
  target: 'refreshToken',
});
// The slot names the invalid field and its error.
const detail: unknown = {
  code: expect.any(String),
  message: expect.any(String),
  target: expect.stringMatching(/^(body|refreshToken)$/),
};
const validationFailed = error(400, {
  code: 'validationFailed',
  message: 'The request is not valid.',
  details: [detail],
});

contractKit({
  name: 'kirjaswappi',
  method: 'POST',
  path: '/kirjaswappi/api/v1/authenticate/refresh',
  algorithm: 'HS256',
  policy: 'static',
  gracePeriod: 60,
  accessLifetime: 300,
  sessionLifetime: 604_800,
  violation: validationFailed,
  noCredential: error(400, {
    code: 'validationFailed',
    message: 'The request is not valid.',
    details: [{ code: 'invalidField', message: "must have required property 'refreshToken'", target: 'refreshToken' }],
  }),
  refused: {
    invalid_token: invalidRefreshToken,
    unprocessable_token: invalidRefreshToken,
    unknown_session: invalidRefreshToken,
    revoked_session: invalidRefreshToken,
    expired_session: invalidRefreshToken,
    reused_token: invalidRefreshToken,
    missing_subject: error(404, { code: 'userNotFound', message: 'The user does not exist.' }),
    disabled_subject: invalidRefreshToken,
    stale_subject: invalidRefreshToken,
  },
  fault: error(500, { code: 'internalServerError', message: 'Internal server error.' }),
  granted: (body) => ({ access: String(at(body, 'jwtToken')), refresh: undefined }),
  bodyWith: (refreshToken) => ({ refreshToken }),
});
