// Demo tokens for try-it: given to a page of this origin on this machine, and to nobody else.
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

function ask(headers: Readonly<Record<string, string>>, asked = path, method = 'GET'): Promise<WireAnswer> {
  return call(server.origin, { method, path: asked, headers });
}

test.each(contracts)('%s: a page of this origin gets a token that refreshes, and where it goes', async (name) => {
  const answers = [
    await ask(fromPage, `/console/demo/${name}.json`),
    await ask(fromPage, `/console/demo/${name}.json`),
  ];
  const tokens = answers.map((answer) => String(at(json(answer), 'token')));
  expect(new Set(tokens).size, 'a session each').toBe(2);
  for (const [index, answer] of answers.entries()) {
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': /^application\/json/ });
    if (answer.body.includes('"body"')) {
      expect(Object.values(JSON.parse(String(at(json(answer), 'body'))) as object)).toContain(tokens[index]);
    } else {
      expect(['fib', 'orillion'], 'a contract with the token in a header').toContain(name);
    }
    expect(isGranted(name, await send(server.origin, name, tokens[index] ?? ''))).toBe(true);
  }
  const told = JSON.stringify([server.httpEvents, server.engineEvents]);
  for (const token of tokens) expect(told).not.toContain(token);
});

describe('nobody else gets one', () => {
  const port = (): string => new URL(server.origin).port;
  test.each<[string, () => Readonly<Record<string, string>>]>([
    ['a program without a page', () => ({})],
    ['a page of another site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['a page of a sibling', () => ({ 'sec-fetch-site': 'same-site' })],
    ['somebody who types the address', () => ({ 'sec-fetch-site': 'none' })],
    ['a name that was made to lead here', () => ({ ...fromPage, host: `evil.example:${port()}` })],
    ['a name that begins like this machine', () => ({ ...fromPage, host: `127.0.0.1.evil.example:${port()}` })],
    ['a name that ends like this machine', () => ({ ...fromPage, host: `evil-localhost:${port()}` })],
  ])('%s', async (_who, headers) => {
    const before = await server.refract.store.listSessions({});
    const answer = await ask(headers());
    expect(answer).toMatchObject({ status: 403, body: 'Forbidden\n' });
    expect(await server.refract.store.listSessions({}), 'no session').toEqual(before);
  });

  test.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST:1'])(
    'but by the name %s it is this machine',
    async (host) => {
      expect((await ask({ ...fromPage, host })).status).toBe(200);
    },
  );
});

test('HEAD, whose answer nobody could use, begins no session', async () => {
  const before = await server.refract.store.listSessions({});
  expect(await ask(fromPage, path, 'HEAD')).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  expect(await server.refract.store.listSessions({})).toEqual(before);
});

test('without --demo there is no such page, and no page speaks of one', async () => {
  const plain = await startServer();
  try {
    expect((await call(plain.origin, { method: 'GET', path, headers: fromPage })).status).toBe(404);
    const page = await call(plain.origin, { method: 'GET', path: '/console/xerial' });
    expect(page.body).not.toContain('/console/demo');
  } finally {
    await plain.stop();
  }
});
