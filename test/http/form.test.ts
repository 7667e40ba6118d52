// Forms (RFC 6749 §3.2 and appendix B), through an operation that returns its body.
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isDocumentError } from '../../src/errors.ts';
import { parseDocument } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import type { FailureContext, MountedOperation, WireReply } from '../../src/http/types.ts';
import { root } from '../structure/tree.ts';
import { at } from '../shared/at.ts';
import { call, json, type WireAnswer, type WireCall } from '../shared/wire.ts';

const text = readFileSync(join(root, 'test', 'examples', 'oauth', 'oauth.yaml'), 'utf8');
const document = parseDocument('oauth', 'oauth.yaml', text);
const asForm = { 'content-type': 'application/x-www-form-urlencoded' };

const granted = (read: unknown): WireReply => ({
  status: 200,
  body: { access_token: JSON.stringify(read), token_type: 'Bearer', expires_in: 1, refresh_token: '' },
});
const failed = (error: string): WireReply => ({ status: 400, body: { error } });
const added = (status: 429 | 503): WireReply => ({ status, headers: { 'Retry-After': 1 }, body: 'Later.' });

/** @param ofConstant the reply to another value of a constant parameter */
function echo(ofConstant: WireReply): MountedOperation {
  const violation = ({ violations }: FailureContext): WireReply =>
    violations.some(({ rule }) => rule === 'const') ? ofConstant : failed('invalid_request');
  const failures = { noCredential: failed('invalid_request'), throttled: added(429), fault: faultReply };
  return {
    handle: async ({ body }) => ({ reply: granted(body), failed: false }),
    failure: (kind, context) => (kind === 'violation' ? violation(context) : failures[kind]),
    samples: (context) => new Map([['violation', violation(context)], ...Object.entries(failures)]),
    sampleSuccess: granted({}),
  };
}
const faultReply: WireReply = { status: 500, body: { error: 'server_error' } };

function serve(operation: MountedOperation): Promise<HttpServer> {
  return createHttpServer({
    mounts: [{ document, operations: new Map([['refreshAccessToken', operation]]) }],
    jwks: () => ({ keys: [] }),
    observe: () => undefined,
    headerTimeout: 10,
    requestTimeout: 10,
    failureLimit: 0,
    stopTimeout: 1,
  });
}

let server: HttpServer;
let origin: string;
beforeAll(async () => {
  server = await serve(echo(failed('unsupported_grant_type')));
  origin = await server.listen(0, '127.0.0.1');
});
afterAll(() => server.close());

const post = (body: WireCall['body'], headers: WireCall['headers'] = asForm): Promise<WireAnswer> =>
  call(origin, { method: 'POST', path: '/oauth/token', headers, body });

const good = 'grant_type=refresh_token&refresh_token=t';
const read = { grant_type: 'refresh_token', refresh_token: 't' };

test.for<[what: string, body: string, read: object]>([
  ['two parameters', good, read],
  ['a parameter without a value: omitted', `${good}&scope=`, read],
  ['a name without an equals sign', `${good}&scope`, read],
  ['an unknown parameter', `${good}&device=7`, { ...read, device: '7' }],
  ['an unknown parameter twice: its last value', `${good}&resource=a&resource=b`, { ...read, resource: 'b' }],
  ['a plus sign: a space', good.replace('=t', '=t+t'), { ...read, refresh_token: 't t' }],
  ['escaped UTF-8', good.replace('=t', '=%C3%A4%26'), { ...read, refresh_token: 'ä&' }],
  ['an invalid escape', good.replace('=t', '=%zz'), { ...read, refresh_token: '%zz' }],
  ['names with brackets: not nested', `${good}&a[]=1&b[c]=2&[d]=3`, { ...read, 'a[]': '1', 'b[c]': '2', '[d]': '3' }],
  ['numbers and booleans: strings', `${good}&n=7&b=true&z=null`, { ...read, n: '7', b: 'true', z: 'null' }],
  ['names of Object.prototype', `${good}&constructor=a&toString=b`, { ...read, constructor: 'a', toString: 'b' }],
])('a form is parsed with %s', async ([, body, expected]) => {
  const answer = await post(body);
  expect(answer.status, answer.body).toBe(200);
  expect(JSON.parse(String(at(json(answer), 'access_token')))).toEqual(expected);
});

test.for<[what: string, body: string, error: string]>([
  ['the token twice', `${good}&refresh_token=t`, 'invalid_request'],
  ['the token twice, once empty', `refresh_token=&${good}`, 'invalid_request'],
  ['the grant type twice, once another', `${good}&grant_type=password`, 'invalid_request'],
  ['no token', 'grant_type=refresh_token', 'invalid_request'],
  ['an empty token', 'grant_type=refresh_token&refresh_token=', 'invalid_request'],
  ['no grant type', 'refresh_token=t', 'invalid_request'],
  ['the token in brackets', 'grant_type=refresh_token&[refresh_token]=t', 'invalid_request'],
  ['another grant type', 'grant_type=password&refresh_token=t', 'unsupported_grant_type'],
  ['another grant type with other parameters', 'grant_type=password&username=a', 'unsupported_grant_type'],
  ['an empty form', '', 'invalid_request'],
])('a form is refused: %s', async ([, body, error]) => {
  expect(await post(body)).toMatchObject({ status: 400, body: JSON.stringify({ error }) });
});

test('a form of 16 kB is read, and one byte more is 413 in plain text', async () => {
  const most = `${good}${'&a=1'.repeat(16 * 1024)}`.slice(0, 16 * 1024);
  expect((await post(most)).status).toBe(200);
  expect(await post(`${most}1`)).toMatchObject({ status: 413, body: 'Content Too Large\n' });
});

test('a form with a known charset is accepted, and a gzipped form is unpacked', async () => {
  const typed = (charset: string) => ({ 'content-type': `${asForm['content-type']}; charset=${charset}` });
  expect((await post(good, typed('UTF-8'))).status).toBe(200);
  expect(await post(good, typed('klingon'))).toMatchObject({ status: 415, body: 'Unsupported Media Type\n' });
  expect((await post(gzipSync(good), { ...asForm, 'content-encoding': 'gzip' })).status).toBe(200);
});

test('exampleCall() replaces only the credential of the example', () => {
  const [operation] = document.operations;
  const body = operation && exampleCall(document, operation, 'a b').body;
  expect(body).toBe('grant_type=refresh_token&refresh_token=a+b');
});

test('the reply to a violation of one rule is validated at start', async () => {
  const wrong = serve(echo(failed('unsupported_grant_typo')));
  await expect(wrong).rejects.toThrow(expect.toSatisfy(isDocumentError));
  await expect(wrong).rejects.toThrow(
    /^oauth\.yaml: refreshAccessToken responds to violation with 400, but its body \/error must be equal to one of/,
  );
});
