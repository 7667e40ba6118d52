// What the session page is served with: the client's own modules, as plain JavaScript, whole; and nothing without --demo.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { contracts } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { call, type WireAnswer } from '../shared/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ demo: true });
});
afterAll(() => server.stop());

const read = (path: string, at = server): Promise<WireAnswer> => call(at.origin, { method: 'GET', path });

test.each(['/console/session', ...contracts.map((name) => `/console/session/${name}`)])(
  '%s is a page of its own, which loads nothing from elsewhere',
  async (path) => {
    const { status, headers, body } = await read(path);
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(headers['content-security-policy']).toContain(`default-src 'none'; script-src 'self';`);
    expect(body).toContain(path === '/console/session' ? 'data-contract="fib"' : `data-contract="${path.slice(17)}"`);
    expect(body).not.toMatch(/(src|href)="(\w+:|\/\/)/);
  },
);

test('every module that the page imports is served, without types and without names of packages', async () => {
  const [, first = ''] = /type="module"|src="([^"]+)" type="module"/.exec((await read('/console/session')).body) ?? [];
  const found = new Set([first]);
  for (const path of found) {
    const { status, headers, body } = await read(path);
    expect([path, status, headers['content-type']]).toEqual([path, 200, expect.stringMatching(/^text\/javascript/)]);
    expect(body, path).not.toMatch(/^(import type|export type|interface|export interface) /m);
    expect(body, path).not.toContain('sourceMappingURL');
    for (const [, specifier = ''] of body.matchAll(/^(?:import|export|\}).* from '([^']+)'/gm)) {
      expect(specifier).toMatch(/^[./]/);
      found.add(new URL(specifier, server.origin + path).pathname);
    }
  }
  expect([...found].filter((path) => path.includes('/src/client/')).length).toBeGreaterThan(10);
  expect([...found]).toContain('/console/modules/packages/openapi-fetch.js');
});

test('without demo sessions there is neither page nor module, and nobody is led there', async () => {
  const plain = await startServer();
  onTestFinished(plain.stop);
  for (const path of ['/console/session', '/console/session/fib', '/console/modules/src/client/session.ts']) {
    expect((await read(path, plain)).status).toBe(404);
  }
  expect((await read('/', plain)).body).not.toContain('/console/session');
  expect((await read('/')).body).toContain('href="/console/session"');
});

test('where one contract is served alone, the page is for that one, where that is mounted', async () => {
  const alone = await startServer({ demo: true, only: { contract: 'xerial', at: '/v2' } });
  onTestFinished(alone.stop);
  const { body } = await read('/console/session', alone);
  expect(body).toMatch(/data-contract="xerial"\s+data-base="\/v2"/);
});
