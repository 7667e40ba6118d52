import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

const status = (code: number, name: string, message: string): Expected => ({
  status: code,
  body: { status: { code, name, message } },
});
const unauthorized = status(
  401,
  'Unauthorized',
  'Either the signature or refresh token are not valid, or the Bearer token could not be parsed from the `Authorization` header.',
);

contractKit({
  name: 'fib',
  method: 'PATCH',
  path: '/fib/auth/api/v1/authentication-management/session',
  algorithm: 'EdDSA',
  policy: 'single-use',
  gracePeriod: 60,
  accessLifetime: 300,
  sessionLifetime: 604_800,
  violation: status(400, 'Bad Request', 'Bad request.'),
  noCredential: unauthorized,
  refused: {
    invalid_token: unauthorized,
    unprocessable_token: status(422, 'Unprocessable Content', 'Unprocessable content.'),
    unknown_session: unauthorized,
    revoked_session: unauthorized,
    expired_session: unauthorized,
    reused_token: unauthorized,
    missing_subject: status(404, 'Not Found', 'User not found.'),
    disabled_subject: unauthorized,
    stale_subject: unauthorized,
  },
  fault: status(500, 'Internal Server Error', 'Internal server error.'),
  granted: (body) => ({
    access: String(at(body, 'data', 'accessToken')),
    refresh: String(at(body, 'data', 'refreshToken')),
  }),
  bodyWith: undefined,
});
