import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

const unauthorized: Expected = { status: 401, body: { code: 401, message: 'Please Authenticate' } };

contractKit({
  name: 'xerial',
  method: 'POST',
  path: '/xerial/auth/refresh-tokens',
  algorithm: 'HS256',
  policy: 'single-use',
  gracePeriod: 60,
  accessLifetime: 1_800,
  sessionLifetime: 7_776_000,
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
  fault: { status: 500, body: { error: 'Internal Server Error' } },
  granted: (body) => ({
    access: String(at(body, 'access', 'token')),
    refresh: String(at(body, 'refresh', 'token')),
  }),
  bodyWith: (refreshToken) => ({ refreshToken }),
});
