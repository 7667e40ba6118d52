// The flows of operators over real HTTP, on one server with its clients.
import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAdminClient } from '../../generated/admin.client.ts';
import type { operations } from '../../generated/admin.ts';
import { parseAdminTokens } from '../../src/admin/tokens.ts';
import { at } from '../shared/at.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { claimsOf, segment } from '../shared/tokens.ts';
import { callFor, isGranted, refresh, refreshTokenIn, send, type ContractName } from '../shared/refreshing.ts';
import { call, json } from '../shared/wire.ts';

let server: TestServer;
let client: ReturnType<typeof createAdminClient>['client'];
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_ADMIN_TOKEN: `ops:${adminToken},ci:${adminToken}-of-ci` } });
  ({ client } = createAdminClient(await server.adminOrigin(), { headers: { authorization: `Bearer ${adminToken}` } }));
});
afterAll(() => server.stop());

/** Returns the body of a response. @throws Error with its problem */
function dataOf<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

/** Adds a subject and issues a session for it over the admin contract. */
async function signIn(subjectId: string, contract: ContractName = 'xerial') {
  dataOf(
    await client.PUT('/subjects/{subjectId}', { params: { path: { subjectId } }, body: { email: 'a@b.example' } }),
  );
  const { session, tokens } = dataOf(
    await client.POST('/sessions', { body: { contract, subjectId, label: 'laptop' } }),
  );
  return { session, token: refreshTokenIn(contract, tokens) };
}

const eventsOf = async (query: operations['listAuditEvents']['parameters']['query']) =>
  dataOf(await client.GET('/audit', { params: { ...(query && { query }) } })).events;

test('a session is issued, refreshed, listed and revoked, then refused', async () => {
  const { session, token } = await signIn('alice');
  const successor = await refresh(server.origin, 'xerial', token);
  const { sessions } = dataOf(await client.GET('/sessions', { params: { query: { subject: 'alice' } } }));
  expect(sessions).toEqual([{ ...session, generation: 1, refreshedAt: server.clock.now }]);
  const path = { sessionId: session.id };
  const revoked = dataOf(await client.DELETE('/sessions/{sessionId}', { params: { path } }));
  expect(revoked).toMatchObject({ revokedAt: server.clock.now, revokedReason: 'requested' });
  expect((await send(server.origin, 'xerial', successor)).status).toBe(401);
  // A second revocation changes nothing.
  expect(dataOf(await client.DELETE('/sessions/{sessionId}', { params: { path } }))).toEqual(revoked);

  await expect.poll(() => eventsOf({ subject: 'alice' })).toHaveLength(4);
  const events = await eventsOf({ subject: 'alice' });
  expect(events.map(({ type, actor }) => [type, actor])).toEqual([
    ['refused', null],
    ['revoked', 'ops'],
    ['issued', 'ops'],
    ['subject_put', 'ops'],
  ]);
});

test('a refusal is recorded with its caller, without the token', async () => {
  const { session, token } = await signIn('mallory');
  await refresh(server.origin, 'xerial', token);
  server.clock.now += 60;
  const sent = callFor('xerial', token);
  const headers = { ...sent.headers, 'user-agent': `a browser ${'x'.repeat(300)}` };
  const response = await call(server.origin, { ...sent, headers });
  expect(response.status).toBe(401);
  await expect.poll(() => eventsOf({ session: session.id })).toHaveLength(3);
  const [refused, reused] = await eventsOf({ session: session.id });
  const known = {
    contract: 'xerial',
    subjectId: 'mallory',
    sessionId: session.id,
    requestId: response.headers['x-request-id'],
  };
  const caller = { address: '127.0.0.1', userAgent: `a browser ${'x'.repeat(190)}` };
  expect(refused).toMatchObject({ ...known, ...caller, type: 'refused', reason: 'reused_token' });
  expect(reused).toMatchObject({ ...known, ...caller, type: 'reused' });
  const written = JSON.stringify(await eventsOf({}));
  for (const part of token.split('.')) expect(written).not.toContain(part);
});

test('operations are recorded with actor, address, user agent and request id', async () => {
  const request = async (method: string, path: string, body?: object): Promise<string> => {
    const response = await call(await server.adminOrigin(), {
      method,
      path: `/admin/v1${path}`,
      headers: {
        authorization: `Bearer ${adminToken}`,
        'user-agent': `a script ${'x'.repeat(300)}`,
        // The admin listener trusts no proxy.
        'x-forwarded-for': '203.0.113.9',
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    expect(response.status).toBeLessThan(300);
    return response.headers['x-request-id'] ?? '';
  };
  const id = 'watched';
  const requests = [
    await request('PUT', `/subjects/${id}`, {}),
    await request('POST', '/sessions', { contract: 'kirjaswappi', subjectId: id }),
    await request('POST', '/revocations', { subjectId: id }),
    await request('POST', `/subjects/${id}/disable`),
    await request('DELETE', `/subjects/${id}`),
  ];
  const caller = { actor: 'ops', address: '127.0.0.1', userAgent: `a script ${'x'.repeat(191)}` };
  expect((await eventsOf({ subject: id })).reverse()).toMatchObject(
    requests.map((requestId) => ({ ...caller, requestId })),
  );
  const keyRequest = await request('POST', '/keys/kirjaswappi', {});
  const [added] = await eventsOf({ type: 'key_set_added', contract: 'kirjaswappi' });
  expect(added).toMatchObject({ ...caller, requestId: keyRequest });
});

test('a key rotation breaks none of 64 sessions, and a compromise ends them all', async () => {
  const chains = await Promise.all(
    Array.from({ length: 64 }, async (_, index) => (await signIn(`chain-${String(index)}`, 'fib')).session),
  ).then((sessions) => sessions.map(({ id }) => id));
  const tokens = await Promise.all(chains.map((_, index) => server.issue('fib', `chain-${String(index)}`)));
  const step = async (token: string): Promise<string> => refresh(server.origin, 'fib', token);
  const once = await Promise.all(tokens.map(step));
  const rotating = client.POST('/keys/{contract}/rotate', {
    params: { path: { contract: 'fib' } },
    body: { atOnce: true },
  });
  const twice = await Promise.all(once.map(step));
  const { id } = dataOf(await rotating);
  const thrice = await Promise.all(twice.map(step));
  expect(new Set(thrice).size).toBe(64);
  const { keySets } = dataOf(await client.GET('/keys'));
  expect(
    keySets
      .filter(({ contract }) => contract === 'fib')
      .map(({ state }) => state)
      .sort(),
  ).toEqual(['active', 'retired']);
  expect(keySets.find(({ state, contract }) => contract === 'fib' && state === 'active')?.id).toBe(id);

  const path = { contract: 'fib' };
  expect(dataOf(await client.POST('/keys/{contract}/compromise', { params: { path } }))).toEqual({ ended: 128 });
  const after = await Promise.all(thrice.map((token) => send(server.origin, 'fib', token)));
  expect(after.filter((response) => isGranted('fib', response))).toEqual([]);
  const jwks = json(await call(server.origin, { method: 'GET', path: '/jwks/fib.json' }));
  expect(at(jwks, 'keys')).toHaveLength(1);
  const fresh = await server.issue('fib', 'chain-0');
  await refresh(server.origin, 'fib', fresh);
});

describe('introspection', () => {
  const introspect = async (token: string): Promise<unknown> =>
    dataOf(
      await client.POST('/introspection', {
        body: { token },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        bodySerializer: (body: object) => new URLSearchParams(body as Record<string, string>),
      }),
    );

  test('a refresh token that would be granted and its access token are active', async () => {
    const token = await server.issue('xerial', 'ivy');
    const { sid } = claimsOf(token);
    const { access, successor } = await pair(token);
    expect(await introspect(successor)).toMatchObject({
      active: true,
      use: 'refresh',
      contract: 'xerial',
      sub: 'ivy',
      sid,
    });
    expect(await introspect(access)).toMatchObject({
      active: true,
      use: 'access',
      contract: 'xerial',
      sub: 'ivy',
      sid,
    });
    // The predecessor is repeated within the grace period, and is reuse after it. Introspection revokes nothing.
    expect(await introspect(token)).toMatchObject({ active: true });
    server.clock.now += 60;
    expect(await introspect(token)).toEqual({ active: false });
    expect(await introspect(successor)).toMatchObject({ active: true });
  });

  test('an inactive token has no member but active', async () => {
    const token = await server.issue('xerial', 'iris');
    const { access, successor } = await pair(token);
    const { administration } = server.refract;
    await administration.changeSubject('iris', 'disable', { actor: 'test' });
    for (const one of [access, successor]) expect(await introspect(one)).toEqual({ active: false });
    await administration.changeSubject('iris', 'enable', { actor: 'test' });
    expect(await introspect(access)).toMatchObject({ active: true });
    await administration.revokeSessions({ subjectId: 'iris' }, { actor: 'test' });
    for (const one of [access, successor, 'a.b.c', `${access}x`])
      expect(await introspect(one)).toEqual({ active: false });
  });

  test('an expired access token is inactive, while its refresh token is active', async () => {
    const { access, successor } = await pair(await server.issue('xerial', 'ida'));
    server.clock.now += 1_800;
    expect(await introspect(access)).toEqual({ active: false });
    expect(await introspect(successor)).toMatchObject({ active: true });
  });

  test('an imported refresh token is active while it would be granted', async () => {
    const secret = 'the secret that the original server signed with';
    const path = { contract: 'xerial' };
    const added = dataOf(
      await client.POST('/keys/{contract}', { params: { path }, body: { legacyRefreshKey: secret } }),
    );
    expect(added).toMatchObject({ state: 'legacy', accessKid: null, retiredAt: null });
    const both = { legacyRefreshKey: secret, accessKey: secret };
    const refused = await client.POST('/keys/{contract}', { params: { path }, body: both });
    expect(refused.response.status).toBe(400);
    const again = await client.POST('/keys/{contract}', { params: { path }, body: { legacyRefreshKey: secret } });
    expect(again.response.status).toBe(409);

    const { now } = server.clock;
    const input = `${segment({ alg: 'HS256' })}.${segment({ sub: 'isa', iat: now - 9, exp: now + 9_000 })}`;
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    expect(await introspect(token)).toEqual({ active: false });
    const rows = [
      { kind: 'subject', id: 'isa' },
      { kind: 'session', contract: 'xerial', subjectId: 'isa', refreshToken: token },
    ];
    const bytes = rows.map((row) => Buffer.from(`${JSON.stringify(row)}\n`));
    const summary = await server.refract.bulkImport(Readable.from(bytes), {
      dryRun: false,
      caller: { actor: 'test' },
      onBadRow: (line, problem) => expect.fail(`line ${String(line)}: ${problem}`),
      onProgress: () => undefined,
    });
    expect(summary).toMatchObject({ rows: 2, subjects: { added: 1 }, sessions: { added: 1 } });
    const [session] = dataOf(await client.GET('/sessions', { params: { query: { subject: 'isa' } } })).sessions;
    expect(session).toMatchObject({ generation: 0, createdAt: now - 9 });
    const sid = session?.id;
    const active = { active: true, use: 'refresh', contract: 'xerial', sub: 'isa', sid };
    expect(await introspect(token)).toEqual({ ...active, exp: now + 9_000, iat: now - 9 });
    await refresh(server.origin, 'xerial', token);
    expect(await introspect(token), 'would be repeated').toMatchObject({ active: true });
    server.clock.now += 60;
    expect(await introspect(token)).toEqual({ active: false });
    expect((await eventsOf({ type: 'imported' })).map(({ reason, actor }) => [reason, actor])).toEqual([
      ['1 subjects, 1 sessions', 'test'],
    ]);
  });

  async function pair(token: string): Promise<{ access: string; successor: string }> {
    const body = json(await send(server.origin, 'xerial', token));
    return { access: String(at(body, 'access', 'token')), successor: String(at(body, 'refresh', 'token')) };
  }
});

describe('a cursor', () => {
  test('a cursor pages through its list, and is refused if mistyped or of another list', async () => {
    for (let count = 0; count < 5; count += 1) await server.issue('cloudreve', 'paula');
    const query = { subject: 'paula', limit: '2' };
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = dataOf(
        await client.GET('/sessions', { params: { query: { ...query, ...(cursor && { cursor }) } } }),
      );
      ids.push(...page.sessions.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect([ids.length, new Set(ids).size]).toEqual([5, 5]);

    const { next } = dataOf(await client.GET('/sessions', { params: { query } }));
    const good = next ?? '';
    expect(good).not.toBe('');
    for (const tampered of [
      good.slice(0, -1),
      `${good}A`,
      `A${good.slice(1)}`,
      `${good}=`,
      'AAAA',
      Buffer.from('x.1.y').toString('base64url'),
    ]) {
      const result = await client.GET('/sessions', { params: { query: { ...query, cursor: tampered } } });
      expect([tampered, result.response.status]).toEqual([tampered, 400]);
    }
    const ofAnother = await client.GET('/sessions', { params: { query: { subject: 'alice', cursor: good } } });
    expect(ofAnother.response.status).toBe(400);
    expect((await client.GET('/audit', { params: { query: { cursor: good } } })).response.status).toBe(400);
  });
});

describe('admin tokens', () => {
  test('several admin tokens are valid at once, each recorded by its name', async () => {
    const ofCi = createAdminClient(await server.adminOrigin(), {
      headers: { authorization: `bearer ${adminToken}-of-ci` },
    });
    dataOf(await ofCi.client.PUT('/subjects/{subjectId}', { params: { path: { subjectId: 'by-ci' } }, body: {} }));
    expect((await eventsOf({ subject: 'by-ci' })).map(({ actor }) => actor)).toEqual(['ci']);
  });

  test.each([
    'short',
    `a:${'x'.repeat(31)}`,
    `a b:${'x'.repeat(32)}`,
    `${'x'.repeat(40)},`,
    'x'.repeat(40).replace('x', 'ä'),
  ])('the setting of admin tokens refuses %j without repeating it', (setting) => {
    expect(() => parseAdminTokens(setting)).toThrow(expect.objectContaining({ code: 'admin_token' }));
    expect(() => parseAdminTokens(setting)).toThrow(/^An admin token needs at least 32 characters/);
  });

  test('the setting of admin tokens refuses two tokens of one name', () => {
    expect(() => parseAdminTokens(`a:${'x'.repeat(32)},a:${'y'.repeat(32)}`)).toThrow(
      'Two admin tokens have the name a.',
    );
  });
});
