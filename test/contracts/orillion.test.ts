import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

const status = (code: number, name: string): Expected => ({ status: code, body: { status: { code, name } } });
const unauthorized = status(401, 'Unauthorized');

contractKit({
  name: 'orillion',
  method: 'PATCH',
  path: '/orillion/auth/api/v1/authentication-management/session',
  algorithm: 'EdDSA',
  policy: 'single-use',
  gracePeriod: 60,
  accessLifetime: 300,
  sessionLifetime: 604_800,
  violation: status(400, 'Bad Request'),
  noCredential: unauthorized,
  refused: {
    invalid_token: unauthorized,
    unprocessable_token: status(422, 'Unprocessable Content'),
    unknown_session: unauthorized,
    revoked_session: unauthorized,
    expired_session: unauthorized,
    reused_token: unauthorized,
    missing_subject: status(404, 'Not Found'),
    disabled_subject: unauthorized,
    stale_subject: unauthorized,
  },
  fault: status(500, 'Internal Server Error'),
  granted: (body) => ({
    access: String(at(body, 'data', 'accessToken')),
    refresh: String(at(body, 'data', 'refreshToken')),
  }),
  bodyWith: undefined,
});
