// Logs and pages at the debug level contain no token, no part of one, no key and no secret.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test, type Place } from '../shared/cli.ts';
import { linesOfRows, originalSecret, originalsAt, subjectRow } from '../shared/importing.ts';
import { callFor, contracts, refresh, send } from '../shared/refreshing.ts';
import { claimsOf, withSegment } from '../shared/tokens.ts';
import { call } from '../shared/wire.ts';

/** The texts that must not be found: whole tokens and each of their parts. */
function partsOf(tokens: readonly string[]): string[] {
  return tokens.flatMap((token) => [token, ...token.split('.')]).filter((part) => part.length > 20);
}

/** The secrets that a text contains. */
function found(text: string, secrets: readonly string[]): string[] {
  return secrets
    .filter((secret) => text.includes(secret))
    .map((secret) => `${secret.slice(0, 4)}… (${String(secret.length)})`);
}

test('the scan for secrets finds a planted token and a part of one', () => {
  const token = `${'h'.repeat(30)}.${'p'.repeat(30)}.${'s'.repeat(30)}`;
  for (const planted of [token, `Bearer ${token}`, `x${'p'.repeat(30)}`, JSON.stringify({ detail: 's'.repeat(30) })]) {
    expect(found(planted, partsOf([token]))).not.toEqual([]);
  }
  expect(found('nothing of it', partsOf([token]))).toEqual([]);
});

test('no log, audit trail, metric, error or status page contains a secret', async ({ place }) => {
  const serving = await place.serveAlone({ environment: { REFRACT_LOG_LEVEL: 'debug', REFRACT_SESSION_LIMIT: '6' } });
  const printed = await serving.prints(/Operators administer it at/);
  const admin = /Operators administer it at (\S+)/.exec(printed)?.[1] ?? '';
  const adminToken = readFileSync(join(place.folder, 'admin.token'), 'utf8').trim();
  const masterSecret = readFileSync(join(place.folder, 'master.key'), 'utf8').trim();
  const tokens = await everythingThatHappens(place, serving.origin);

  const authorized = { authorization: `Bearer ${adminToken}` };
  const get = async (path: string, headers = {}): Promise<string> =>
    (await call(admin, { method: 'GET', path, headers })).body;
  await expect.poll(async () => (await get('/admin/v1/audit?type=reused', authorized)).length).toBeGreaterThan(30);
  const posted = await call(admin, {
    method: 'POST',
    path: '/admin/v1/introspection',
    headers: { ...authorized, 'content-type': 'application/x-www-form-urlencoded' },
    body: `token=${tokens[0] ?? ''}x`,
  });
  const imports = await importing(admin, authorized);
  const said = {
    ...imports.said,
    metrics: await get('/metrics'),
    status: await get('/'),
    readyz: await get('/readyz'),
    audit: await get('/admin/v1/audit?limit=200', authorized),
    keys: await get('/admin/v1/keys', authorized),
    statistics: await get('/admin/v1/statistics', authorized),
    refused: await get('/admin/v1/keys', { authorization: `Bearer ${tokens[0] ?? ''}` }),
    introspection: posted.body,
    sessions: (await place.refract('sessions', '--format', 'json')).stdout,
    cli: (await place.refract('audit', '--format', 'json')).stdout,
  };
  const { stdout, stderr } = await serving.stop();
  const secrets = [...partsOf([...tokens, ...imports.tokens]), adminToken, masterSecret, originalSecret];
  for (const [what, text] of Object.entries({ ...said, stdout, stderr })) {
    expect([what, found(text, secrets)]).toEqual([what, []]);
  }
  expect(stderr).toContain('"type":"refused"');
  expect(stderr).toContain('"type":"import_finished"');
  expect(said.audit).toContain('"type":"reused"');
  expect(said.audit).toContain('"type":"imported"');
});

/** Imports the key and tokens of another server in valid and invalid rows. @returns tokens and responses */
async function importing(admin: string, authorized: Readonly<Record<string, string>>) {
  const { original, sessionRow } = originalsAt(Math.floor(Date.now() / 1_000));
  const tokens = [original('bob'), original('unknown'), original('bob', {}, 'a key that was not imported')];
  const [good = '', lost = '', forged = ''] = tokens;
  const post = async (path: string, mediaType: string, body: string): Promise<string> => {
    const headers = { ...authorized, 'content-type': mediaType };
    return (await call(admin, { method: 'POST', path: `/admin/v1${path}`, headers, body })).body;
  };
  const key = await post('/keys/xerial', 'application/json', JSON.stringify({ legacyRefreshKey: originalSecret }));
  const rows = [
    ...[sessionRow('bob', good), sessionRow('unknown', lost), sessionRow('bob', forged), sessionRow('alice', good)],
    ...[sessionRow('bob', good, { label: 7, [good]: good }), { kind: good }, `{"refreshToken":"${good}`],
    ...[subjectRow(good.repeat(2)), subjectRow('bob', { email: [good] })],
  ];
  const report = await post('/imports', 'application/x-ndjson', linesOfRows(rows));
  expect(report).toContain('"rows":9,"refused":8');
  const none = await post('/imports', 'application/x-ndjson', good);
  const { body: list } = await call(admin, { method: 'GET', path: '/admin/v1/imports', headers: authorized });
  return { tokens, said: { key, report, none, list } };
}

/** Sends and receives tokens in every possible way. @returns all tokens */
async function everythingThatHappens(place: Place, origin: string): Promise<string[]> {
  const tokens: string[] = [];
  await place.refract('subject', 'add', 'bob');
  for (const contract of contracts) {
    const issued = await place.refract('issue', '--contract', contract, '--subject', 'bob', '--format', 'tokens');
    const first = issued.stdout.trim();
    const second = await refresh(origin, contract, first);
    const third = await refresh(origin, contract, second);
    tokens.push(first, second, third);
    // A reused token, a tampered one, one without a signature, and one in wrong places.
    const tampered = withSegment(first, 2, 'A'.repeat(43));
    tokens.push(tampered);
    for (const token of [first, tampered, withSegment(first, 2, '')]) await send(origin, contract, token);
    const wanted = callFor(contract, third);
    await call(origin, { ...wanted, headers: { ...wanted.headers, 'user-agent': 'a client', 'x-request-id': 'r' } });
    await call(origin, { ...wanted, body: `{"refreshToken":"${third}` });
    await call(origin, { ...wanted, path: `${wanted.path}/${third}` });
    await call(origin, { method: 'GET', path: `${wanted.path}?token=${third}` });
    for (let more = 0; more < 8; more += 1) await send(origin, contract, third);
    await place.refract('revoke', String(claimsOf(first)['sid']));
    await send(origin, contract, third);
  }
  return tokens;
}
