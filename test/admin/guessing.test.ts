// Guesses of the admin token are throttled by address; a valid token never is.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { at } from '../shared/at.ts';
import { undocumented } from '../shared/documented.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer } from '../shared/wire.ts';

const document = loadDocument(`${openapiFolder}/admin.yaml`);
const limit = 3;

let server: TestServer;
beforeEach(async () => {
  server = await startServer({ environment: { REFRACT_ADMIN_FAILURE_LIMIT: String(limit) } });
});
afterEach(() => server.stop());

async function request(
  authorization: string | undefined,
  operationId = 'getStatistics',
  path = '',
): Promise<WireAnswer> {
  const operation = document.operations.find((one) => one.operationId === operationId);
  if (operation === undefined) throw new Error(`the document has no ${operationId}`);
  const response = await call(await server.adminOrigin(), {
    method: operation.method.toUpperCase(),
    path: document.basePath + (path || operation.path),
    headers: authorization === undefined ? {} : { authorization },
  });
  expect(undocumented(operation, response)).toEqual([]);
  return response;
}

const right = `Bearer ${adminToken}`;
const guess = (times: number) => Promise.all(Array.from({ length: times }, () => request(`Bearer ${adminToken}x`)));

test('wrong admin tokens get 401 up to the limit, then 429, over all operations', async () => {
  expect((await guess(limit)).map(({ status }) => status)).toEqual(Array(limit).fill(401));
  for (const operationId of ['getStatistics', 'listKeySets', 'listSessions']) {
    const throttled = await request('Bearer another guess', operationId);
    expect(throttled.status).toBe(429);
    expect(throttled.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(at(json(throttled), 'title')).toBe('Too Many Requests');
    const wait = Number(throttled.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
  }
  expect(server.httpEvents.filter(({ type }) => type === 'throttled')).toHaveLength(3);
});

test('a valid admin token is accepted from a throttled address, without a limit', async () => {
  await guess(limit + 1);
  for (let times = 0; times < limit + 2; times += 1) expect((await request(right)).status).toBe(200);
  expect((await guess(1))[0]?.status).toBe(429);
});

test('a failed request with a valid admin token does not count as a guess', async () => {
  for (let times = 0; times < limit + 2; times += 1) {
    expect((await request(right, 'listSessions', '/sessions?limit=0')).status).toBe(400);
    expect((await request(right, 'getSubject', '/subjects/unknown')).status).toBe(404);
  }
  expect((await guess(1))[0]?.status).toBe(401);
});

test('a request without an admin token does not count as a guess', async () => {
  for (let times = 0; times < limit + 2; times += 1) {
    expect((await request(undefined)).status).toBe(401);
    expect((await request('')).status).toBe(401);
  }
  expect((await guess(1))[0]?.status).toBe(401);
});

test('metrics, readiness and contracts are not throttled by wrong admin tokens', async () => {
  await guess(limit + 1);
  for (const path of ['/readyz', '/metrics', '/healthz']) {
    expect((await call(await server.adminOrigin(), { method: 'GET', path })).status).toBe(200);
  }
  expect((await call(server.origin, { method: 'GET', path: '/healthz' })).status).toBe(200);
});
