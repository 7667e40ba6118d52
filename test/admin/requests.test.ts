// Requests whose responses once differed from the document, as `npm run prove -- fuzz` found.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { undocumented } from '../shared/documented.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireCall } from '../shared/wire.ts';

const document = loadDocument(`${openapiFolder}/admin.yaml`);
const bearer = { authorization: `Bearer ${adminToken}` };

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const operationsWithBody = document.operations.filter(({ request }) => request?.mediaType === 'application/json');

const absent: readonly (readonly [string, Pick<WireCall, 'headers' | 'body'>])[] = [
  ['is missing', {}],
  ['has no bytes', { headers: { 'content-length': '0' }, body: '' }],
  ['has no chunks', { headers: { 'transfer-encoding': 'chunked' }, body: '' }],
  ['decompresses to nothing', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('') }],
];

/** The details of operations whose body has required members. */
const missing: Readonly<Record<string, string>> = {
  issueSession: "contract must have required property 'contract'; subjectId must have required property 'subjectId'",
  introspectToken: "token must have required property 'token'",
};

test.each(absent)('a required body that %s is a violation, even if no member is required', async (_what, sent) => {
  expect(operationsWithBody.map(({ operationId }) => operationId)).toContain('rotateKeySet');
  for (const operation of operationsWithBody) {
    const response = await call(await server.adminOrigin(), {
      method: operation.method.toUpperCase(),
      path: document.basePath + operation.path.replace('{contract}', 'fib').replace('{subjectId}', 'alice'),
      headers: { ...bearer, 'content-type': 'application/json', ...sent.headers },
      body: sent.body,
    });
    expect(undocumented(operation, response), operation.operationId).toEqual([]);
    expect([operation.operationId, json(response)]).toEqual([
      operation.operationId,
      { title: 'Bad Request', status: 400, detail: missing[operation.operationId] ?? 'body is required' },
    ]);
  }
});

test.each([
  'limit[]=x',
  'limit[a]=x',
  'limit%5B%5D=x',
  'limit=1&limit[]=x',
  'limit[=x',
  '__proto__[limit]=x',
  'more[]=x',
])('a query parameter that the document does not define is ignored: %s', async (query) => {
  const response = await call(await server.adminOrigin(), {
    method: 'GET',
    path: `${document.basePath}/sessions?${query}`,
    headers: bearer,
  });
  expect(response).toMatchObject({ status: 200, body: '{"sessions":[],"next":null}' });
});

test('a documented query parameter is validated beside one with brackets', async () => {
  const response = await call(await server.adminOrigin(), {
    method: 'GET',
    path: `${document.basePath}/sessions?limit=x&limit[]=1`,
    headers: bearer,
  });
  expect(response.status).toBe(400);
});

test('no response is a 304, which no document defines', async () => {
  const admin = await server.adminOrigin();
  for (const [origin, path] of [
    [admin, '/admin/v1/statistics'],
    [admin, '/readyz'],
    [server.origin, '/healthz'],
    [server.origin, '/'],
  ] as const) {
    const response = await call(origin, { method: 'GET', path, headers: { ...bearer, 'if-none-match': '*' } });
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.body).not.toBe('');
  }
});
