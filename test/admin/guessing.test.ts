// Guesses of the admin token: throttled by address, and never in the way of whoever has one.
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

async function ask(authorization: string | undefined, operationId = 'getStatistics', path = ''): Promise<WireAnswer> {
  const operation = document.operations.find((one) => one.operationId === operationId);
  if (operation === undefined) throw new Error(`there is no ${operationId}`);
  const answer = await call(await server.adminOrigin(), {
    method: operation.method.toUpperCase(),
    path: document.basePath + (path || operation.path),
    headers: authorization === undefined ? {} : { authorization },
  });
  expect(undocumented(operation, answer)).toEqual([]);
  return answer;
}

const right = `Bearer ${adminToken}`;
const guess = (times: number) => Promise.all(Array.from({ length: times }, () => ask(`Bearer ${adminToken}x`)));

test('so many wrong tokens are answered 401, and more of them 429, wherever they are tried', async () => {
  expect((await guess(limit)).map(({ status }) => status)).toEqual(Array(limit).fill(401));
  for (const operationId of ['getStatistics', 'listKeySets', 'listSessions']) {
    const throttled = await ask('Bearer another guess', operationId);
    expect(throttled.status).toBe(429);
    expect(throttled.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(at(json(throttled), 'title')).toBe('Too Many Requests');
    const wait = Number(throttled.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
  }
  expect(server.httpEvents.filter(({ type }) => type === 'throttled')).toHaveLength(3);
});

test('a right token gets in from an address that is throttled, as often as it likes', async () => {
  await guess(limit + 1);
  for (let times = 0; times < limit + 2; times += 1) expect((await ask(right)).status).toBe(200);
  expect((await guess(1))[0]?.status).toBe(429);
});

test('what a right token asks for and does not get is no guess', async () => {
  for (let times = 0; times < limit + 2; times += 1) {
    expect((await ask(right, 'listSessions', '/sessions?limit=0')).status).toBe(400);
    expect((await ask(right, 'getSubject', '/subjects/nobody')).status).toBe(404);
  }
  expect((await guess(1))[0]?.status).toBe(401);
});

test('without a token nothing is guessed: it is asked for every time', async () => {
  for (let times = 0; times < limit + 2; times += 1) {
    expect((await ask(undefined)).status).toBe(401);
    expect((await ask('')).status).toBe(401);
  }
  expect((await guess(1))[0]?.status).toBe(401);
});

test('metrics, readiness and the contracts are not in the way of it', async () => {
  await guess(limit + 1);
  for (const path of ['/readyz', '/metrics', '/healthz']) {
    expect((await call(await server.adminOrigin(), { method: 'GET', path })).status).toBe(200);
  }
  expect((await call(server.origin, { method: 'GET', path: '/healthz' })).status).toBe(200);
});
