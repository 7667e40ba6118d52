import { expect } from 'vitest';
import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

// The slot repeats the X-Request-Id, which the server creates as a UUID.
const uuid: unknown = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const failed = (code: number, msg: string): Expected => ({ status: 200, body: { code, msg, correlation_id: uuid } });
const invalidRequest = failed(40001, 'The request is not valid.');
const invalidToken = failed(40020, 'The refresh token is not valid.');

contractKit({
  name: 'cloudreve',
  method: 'POST',
  path: '/cloudreve/api/v4/session/token/refresh',
  algorithm: 'HS256',
  policy: 'reusable',
  gracePeriod: 60,
  accessLifetime: 3_600,
  sessionLifetime: 15_552_000,
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
  fault: failed(-1, 'Internal server error.'),
  granted: (body) => {
    expect(at(body, 'code')).toBe(0);
    return {
      access: String(at(body, 'data', 'access_token')),
      refresh: String(at(body, 'data', 'refresh_token')),
    };
  },
  bodyWith: (refresh_token) => ({ refresh_token }),
});
