// Demo tokens for try-it: issued to pages of this origin on this machine only.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../shared/at.ts';
import { contracts, isGranted, send } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer } from '../shared/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ demo: true });
});
afterAll(() => server.stop());

const path = '/console/demo/xerial.json';
const fromPage = { 'sec-fetch-site': 'same-origin' };

function request(headers: Readonly<Record<string, string>>, target = path, method = 'GET'): Promise<WireAnswer> {
  return call(server.origin, { method, path: target, headers });
}

test.each(contracts)('%s: a page of this origin gets a demo token that refreshes, and its request', async (name) => {
  const responses = [
    await request(fromPage, `/console/demo/${name}.json`),
    await request(fromPage, `/console/demo/${name}.json`),
  ];
  const tokens = responses.map((response) => String(at(json(response), 'token')));
  expect(new Set(tokens).size, 'a session each').toBe(2);
  for (const [index, response] of responses.entries()) {
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': /^application\/json/ });
    if (response.body.includes('"body"')) {
      expect(Object.values(JSON.parse(String(at(json(response), 'body'))) as object)).toContain(tokens[index]);
    } else {
      expect(['fib', 'orillion'], 'a contract with the token in a header').toContain(name);
    }
    expect(isGranted(name, await send(server.origin, name, tokens[index] ?? ''))).toBe(true);
  }
  const events = JSON.stringify([server.httpEvents, server.engineEvents]);
  for (const token of tokens) expect(events).not.toContain(token);
});

describe('a demo token is refused to', () => {
  const port = (): string => new URL(server.origin).port;
  test.each<[string, () => Readonly<Record<string, string>>]>([
    ['a program without a page', () => ({})],
    ['a page of another site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['a page of a sibling', () => ({ 'sec-fetch-site': 'same-site' })],
    ['a user who types the address', () => ({ 'sec-fetch-site': 'none' })],
    ['a name that resolves to this machine', () => ({ ...fromPage, host: `evil.example:${port()}` })],
    ['a name that begins with a loopback address', () => ({ ...fromPage, host: `127.0.0.1.evil.example:${port()}` })],
    ['a name that ends with localhost', () => ({ ...fromPage, host: `evil-localhost:${port()}` })],
  ])('a demo token is refused to %s', async (_who, headers) => {
    const before = await server.refract.store.listSessions({});
    const response = await request(headers());
    expect(response).toMatchObject({ status: 403, body: 'Forbidden\n' });
    expect(await server.refract.store.listSessions({}), 'no session').toEqual(before);
  });

  test.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST:1'])(
    'a demo token is sent to a page with the loopback name %s',
    async (host) => {
      expect((await request({ ...fromPage, host })).status).toBe(200);
    },
  );
});

test('a HEAD request issues no demo session, because its response has no body', async () => {
  const before = await server.refract.store.listSessions({});
  expect(await request(fromPage, path, 'HEAD')).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  expect(await server.refract.store.listSessions({})).toEqual(before);
});

test('the demo page does not exist without --demo, and no page mentions it', async () => {
  const plain = await startServer();
  try {
    expect((await call(plain.origin, { method: 'GET', path, headers: fromPage })).status).toBe(404);
    const page = await call(plain.origin, { method: 'GET', path: '/console/xerial' });
    expect(page.body).not.toContain('/console/demo');
  } finally {
    await plain.stop();
  }
});
