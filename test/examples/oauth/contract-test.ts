import { expect, test } from 'vitest';
import { createOauthClient } from '../../generated/oauth.client.ts';
import { oauth } from '../../src/client/oauth.ts';
import { createSession } from '../../src/client/session.ts';
import { startServer } from '../shared/server.ts';
import { at } from '../shared/at.ts';
import { contractKit, type Expected } from './kit.ts';

const invalidRequest: Expected = { status: 400, body: { error: 'invalid_request' } };
const invalidGrant: Expected = { status: 400, body: { error: 'invalid_grant' } };

contractKit({
  name: 'oauth',
  method: 'POST',
  path: '/oauth/token',
  algorithm: 'EdDSA',
  policy: 'single-use',
  gracePeriod: 60,
  accessLifetime: 3_600,
  sessionLifetime: 7_776_000,
  violation: invalidRequest,
  noCredential: invalidRequest,
  otherValue: { status: 400, body: { error: 'unsupported_grant_type' } },
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
  fault: { status: 500, body: { error: 'server_error' } },
  granted: (body) => ({ access: String(at(body, 'access_token')), refresh: String(at(body, 'refresh_token')) }),
  bodyWith: (refresh_token) => ({ grant_type: 'refresh_token', refresh_token }),
  mediaType: 'application/x-www-form-urlencoded',
});

test('the generated client of a form contract sends the form', async () => {
  const server = await startServer({ only: { contract: 'oauth' } });
  try {
    const { data } = await createOauthClient(server.origin).refresh(await server.issue('oauth'));
    expect(data).toMatchObject({ token_type: 'Bearer', expires_in: 3_600 });
  } finally {
    await server.stop();
  }
});

test('a session refreshes itself, until it is refused', async () => {
  const server = await startServer({ only: { contract: 'oauth' } });
  const session = createSession({ contract: oauth, origin: server.origin });
  try {
    await session.signIn({ accessToken: 'eyJ0.of.sign-in', refreshToken: await server.issue('oauth') });
    const next = await session.accessTokenAfter('eyJ0.of.sign-in');
    expect(next).toBe(await session.accessToken());
    await server.refract.store.revokeAll({ contract: 'oauth' }, 'requested');
    await expect(session.accessTokenAfter(next)).rejects.toThrow('signed-out');
  } finally {
    session.close();
    await server.stop();
  }
});
