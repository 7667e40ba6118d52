// The generated clients: the place of the refresh token in the request, and the results.
import { expect, expectTypeOf, test } from 'vitest';
import { createCloudreveClient } from '../../generated/cloudreve.client.ts';
import { basePath, createFibClient } from '../../generated/fib.client.ts';
import { createKirjaswappiClient } from '../../generated/kirjaswappi.client.ts';
import { createOrillionClient } from '../../generated/orillion.client.ts';
import { createXerialClient } from '../../generated/xerial.client.ts';

const origin = 'https://tokens.example';
const session = '/auth/api/v1/authentication-management/session';

/** Returns a `fetch` with a fixed response that records its requests. */
function recorder(response = new Response('{}', { headers: { 'content-type': 'application/json' } })) {
  const requests: Request[] = [];
  const fetch = (request: Request) => {
    requests.push(request);
    return Promise.resolve(response.clone());
  };
  return { requests, fetch };
}

test.each([
  ['fib', createFibClient, `PATCH ${origin}/fib${session}`],
  ['orillion', createOrillionClient, `PATCH ${origin}/orillion${session}`],
])('the client of %s sends the bare token in Authorization and no body', async (_, create, line) => {
  const { requests, fetch } = recorder();
  await create(origin, { fetch }).refresh('token');
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([line]);
  expect(requests[0]?.headers.get('authorization')).toBe('token');
  expect(await requests[0]?.text()).toBe('');
});

test.each([
  ['xerial', createXerialClient, '/xerial/auth/refresh-tokens', { refreshToken: 'token' }],
  ['kirjaswappi', createKirjaswappiClient, '/kirjaswappi/api/v1/authenticate/refresh', { refreshToken: 'token' }],
  ['cloudreve', createCloudreveClient, '/cloudreve/api/v4/session/token/refresh', { refresh_token: 'token' }],
])('the client of %s sends the token in the body', async (_, create, path, body) => {
  const { requests, fetch } = recorder();
  await create(origin, { fetch }).refresh('token');
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`POST ${origin}${path}`]);
  expect(await requests[0]?.json()).toEqual(body);
});

test.each([
  ['https://tokens.example/', undefined, 'https://tokens.example/fib/'],
  ['https://tokens.example', '/', 'https://tokens.example/auth/'],
  ['https://tokens.example/', '/at/', 'https://tokens.example/at/'],
])('the client doubles no slash of origin %s and base path %s', async (server, at, start) => {
  const { requests, fetch } = recorder();
  await createFibClient(server, at === undefined ? { fetch } : { fetch, basePath: at }).refresh('token');
  expect(requests[0]?.url.startsWith(start)).toBe(true);
  expect(basePath).toBe('/fib');
});

test('a refresh of the generated client can be aborted', async () => {
  const { requests, fetch } = recorder();
  const controller = new AbortController();
  await createFibClient(origin, { fetch }).refresh('token', { signal: controller.signal });
  controller.abort();
  expect(requests[0]?.signal.aborted).toBe(true);
});

test('refresh() returns the plain text of a throttled response', async () => {
  const text = 'Too many requests. Try again after the number of seconds in Retry-After.';
  const { fetch } = recorder(new Response(text, { status: 429, headers: { 'content-type': 'text/plain' } }));
  const { data, error, response } = await createXerialClient(origin, { fetch }).refresh('token');
  expect([data, error, response.status]).toEqual([undefined, text, 429]);
});

test('refresh() is typed by the document', () => {
  const refresh = createCloudreveClient(origin).refresh;
  type Data = NonNullable<Awaited<ReturnType<typeof refresh>>['data']>;
  expectTypeOf<Data['code']>().toEqualTypeOf<0 | -1 | 40001 | 40020>();
  expectTypeOf<Extract<Data, { code: 0 }>['data']['access_token']>().toEqualTypeOf<string>();
});
