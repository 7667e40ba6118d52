// Ids of subjects: what one door takes, every door takes, and whatever is there can be addressed.
import { request as send } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longestDetail } from '../../src/admin/subject-details.ts';
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

const ask = async (method: string, path: string, body?: object): Promise<WireAnswer> =>
  call(await server.adminOrigin(), {
    method,
    path: document.basePath + path,
    headers: { authorization: `Bearer ${adminToken}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });

test('the document has the limit that the code has, wherever it has one', () => {
  const { parameters, schemas } = document.document['components'] as Record<string, unknown>;
  const limits = [
    at(parameters, 'SubjectId', 'schema', 'maxLength'),
    at(parameters, 'SubjectFilter', 'schema', 'maxLength'),
    ...['email', 'account', 'role'].map((name) => at(schemas, 'SubjectDetails', 'properties', name, 'maxLength')),
  ];
  expect(limits).toEqual(Array(limits.length).fill(longestDetail));
});

test.each([
  ['the longest', 'i'.repeat(longestDetail)],
  ['one of slashes, dots and spaces', '../a b/..?#%2e'],
  ['one beyond ASCII', '語'.repeat(longestDetail)],
])('%s that a command takes is addressed over HTTP, by every operation of a subject', async (_what, id) => {
  await server.refract.administration.putSubject(
    id,
    { email: 'a@b.example', account: undefined, role: undefined },
    {
      actor: 'cli',
    },
  );
  const path = `/subjects/${encodeURIComponent(id)}`;
  const wanted: readonly (readonly [method: string, path: string, body?: object])[] = [
    ['GET', path],
    ['PUT', path, {}],
    ['POST', `${path}/disable`],
    ['POST', `${path}/enable`],
    ['POST', `${path}/credentials-changed`],
    ['GET', `/sessions?subject=${encodeURIComponent(id)}`],
    ['GET', `/audit?subject=${encodeURIComponent(id)}`],
    ['DELETE', path],
  ];
  for (const [method, where, body] of wanted) {
    expect([method, where.length, (await ask(method, where, body)).status]).toEqual([method, where.length, 200]);
  }
});

test('a longer one is refused with 400', async () => {
  expect((await ask('PUT', `/subjects/${'i'.repeat(longestDetail + 1)}`, {})).status).toBe(400);
});

/** As written: whoever makes a URL of it would take the dots for a way through folders. */
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

test.each(['.', '..', '%2e', '%2E%2e'])('%s is refused with 400, and nothing is there then', async (written) => {
  const { status, body } = await sentAsWritten(`${document.basePath}/subjects/${written}`);
  expect([status, at(JSON.parse(body), 'detail')]).toEqual([
    400,
    'The id of a subject is text that a URL can name: neither . nor .., and whole characters.',
  ]);
  expect(await server.refract.store.readSubject(decodeURIComponent(written))).toBeUndefined();
});
