// Ids of subjects: HTTP and the command line accept the same ids, and HTTP can address every stored id.
import { request as send } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maxDetailLength } from '../../src/admin/subject-details.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { at } from '../shared/at.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, type WireAnswer } from '../shared/wire.ts';

const document = loadDocument(`${openapiFolder}/admin.yaml`);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const sendRequest = async (method: string, path: string, body?: object): Promise<WireAnswer> =>
  call(await server.adminOrigin(), {
    method,
    path: document.basePath + path,
    headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });

test('the admin document has the same length limits as the code', () => {
  const { parameters, schemas } = document.document['components'] as Record<string, unknown>;
  const limits = [
    at(parameters, 'SubjectId', 'schema', 'maxLength'),
    at(parameters, 'SubjectFilter', 'schema', 'maxLength'),
    ...['email', 'account', 'role'].map((name) => at(schemas, 'SubjectDetails', 'properties', name, 'maxLength')),
  ];
  expect(limits).toEqual(Array(limits.length).fill(maxDetailLength));
});

test.each([
  ['the longest id', 'i'.repeat(maxDetailLength)],
  ['an id of slashes, dots and spaces', '../a b/..?#%2e'],
  ['an id beyond ASCII', '語'.repeat(maxDetailLength)],
])('the id %s is valid in every operation of a subject over HTTP', async (_what, id) => {
  await server.refract.administration.putSubject(
    id,
    { email: 'a@b.example', account: undefined, role: undefined },
    {
      actor: 'cli',
    },
  );
  const path = `/subjects/${encodeURIComponent(id)}`;
  const requests: readonly (readonly [method: string, path: string, body?: object])[] = [
    ['GET', path],
    ['PUT', path, {}],
    ['POST', `${path}/disable`],
    ['POST', `${path}/enable`],
    ['POST', `${path}/credentials-changed`],
    ['GET', `/sessions?subject=${encodeURIComponent(id)}`],
    ['GET', `/audit?subject=${encodeURIComponent(id)}`],
    ['DELETE', path],
  ];
  for (const [method, target, body] of requests) {
    expect([method, target.length, (await sendRequest(method, target, body)).status]).toEqual([
      method,
      target.length,
      200,
    ]);
  }
});

test('an id longer than the limit is refused with 400', async () => {
  expect((await sendRequest('PUT', `/subjects/${'i'.repeat(maxDetailLength + 1)}`, {})).status).toBe(400);
});

/** Sends the path unchanged; a URL object would resolve the dot segments. */
async function sentAsWritten(path: string): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(await server.adminOrigin());
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = send({ hostname, port, method: 'PUT', path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    request.on('error', reject).end('{}');
  });
}

test.each(['.', '..', '%2e', '%2E%2e'])('the id %s is refused with 400, and nothing is stored', async (written) => {
  const { status, body } = await sentAsWritten(`${document.basePath}/subjects/${written}`);
  expect([status, at(JSON.parse(body), 'detail')]).toEqual([
    400,
    'The id of a subject must be well-formed Unicode without NUL, and not "." or "..".',
  ]);
  expect(await server.refract.store.readSubject(decodeURIComponent(written))).toBeUndefined();
});
