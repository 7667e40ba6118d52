// Requests of operators that `npm run prove -- fuzz` has once found answered otherwise than the document says.
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
  ['is not there', {}],
  ['has no bytes', { headers: { 'content-length': '0' }, body: '' }],
  ['comes in no pieces', { headers: { 'transfer-encoding': 'chunked' }, body: '' }],
  ['unpacks to nothing', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('') }],
];

/** What an empty object would lack, or where that lacks nothing, the body. */
const missing: Readonly<Record<string, string>> = {
  issueSession: "contract must have required property 'contract'; subjectId must have required property 'subjectId'",
  introspectToken: "token must have required property 'token'",
};

test.each(absent)('a body that is required and %s is a violation, also where no member is', async (_what, sent) => {
  expect(operationsWithBody.map(({ operationId }) => operationId)).toContain('rotateKeySet');
  for (const operation of operationsWithBody) {
    const answer = await call(await server.adminOrigin(), {
      method: operation.method.toUpperCase(),
      path: document.basePath + operation.path.replace('{contract}', 'fib').replace('{subjectId}', 'alice'),
      headers: { ...bearer, 'content-type': 'application/json', ...sent.headers },
      body: sent.body,
    });
    expect(undocumented(operation, answer), operation.operationId).toEqual([]);
    expect([operation.operationId, json(answer)]).toEqual([
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
])(
  'a query parameter that the document does not name is ignored, also where only brackets tell it from one: %s',
  async (query) => {
    const answer = await call(await server.adminOrigin(), {
      method: 'GET',
      path: `${document.basePath}/sessions?${query}`,
      headers: bearer,
    });
    expect(answer).toMatchObject({ status: 200, body: '{"sessions":[],"next":null}' });
  },
);

test('a query parameter that the document names is held against it all the same beside one with brackets', async () => {
  const answer = await call(await server.adminOrigin(), {
    method: 'GET',
    path: `${document.basePath}/sessions?limit=x&limit[]=1`,
    headers: bearer,
  });
  expect(answer.status).toBe(400);
});

test('no answer is a 304, which no document has, whatever it is to be compared with', async () => {
  const admin = await server.adminOrigin();
  for (const [origin, path] of [
    [admin, '/admin/v1/statistics'],
    [admin, '/readyz'],
    [server.origin, '/healthz'],
    [server.origin, '/'],
  ] as const) {
    const answer = await call(origin, { method: 'GET', path, headers: { ...bearer, 'if-none-match': '*' } });
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.body).not.toBe('');
  }
});
