// The session page over HTTP: a script for each contract that has a client, and no page without --demo.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { consolePages } from '../../src/console/console.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
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
  'the page %s loads its own script, and nothing from another origin',
  async (path) => {
    const { status, headers, body } = await read(path);
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(headers['content-security-policy']).toContain(`default-src 'none'; script-src 'self';`);
    const name = path === '/console/session' ? 'fib' : path.slice(17);
    expect(body).toContain(`data-contract="${name}"`);
    expect(body).toContain(`src="/console/assets/session-${name}.js" type="module"`);
    expect(body).not.toMatch(/(src|href)="(\w+:|\/\/)/);
  },
);

test.each(contracts)('the session script of %s and its imports are JavaScript without packages', async (name) => {
  const found = new Set([`/console/assets/session-${name}.js`]);
  for (const path of found) {
    const { status, headers, body } = await read(path);
    expect([path, status, headers['content-type']]).toEqual([path, 200, expect.stringMatching(/^text\/javascript/)]);
    expect(headers['content-security-policy']).toContain(`script-src 'self';`);
    expect(body, path).not.toMatch(/^(import type|export type|interface|export interface) /m);
    expect(body, path).not.toContain('sourceMappingURL');
    for (const [, specifier = ''] of body.matchAll(/^(?:import|export|\}).* from ["']([^"']+)["']/gm)) {
      expect(specifier).toMatch(/^[./]/);
      found.add(new URL(specifier, server.origin + path).pathname);
    }
  }
  expect([...found]).toContain('/console/assets/session.js');
});

test('the session page of a contract without a bundled client names the missing step', () => {
  const document = { ...loadDocument(`${openapiFolder}/xerial.yaml`), name: 'acme' };
  const pages = consolePages({
    kind: 'server',
    contracts: [{ document, runs: undefined, hasPublicKeys: false }],
    demo: async () => undefined,
  });
  const page = pages.find(({ path }) => path === '/console/session/acme')?.read({});
  if (typeof page !== 'string') throw new Error('the page is not text');
  expect(page).toMatch(
    /<code>src\/client\/acme\.ts<\/code>, then run\s+<span class="command"\s*><code>npm run generate<\/code>/,
  );
  expect(page.match(/<script[^>]*/g)).toEqual(['<script src="/console/assets/copy.js" type="module"']);
});

test('the session page, its script and links do not exist without demo sessions', async () => {
  const plain = await startServer();
  onTestFinished(plain.stop);
  for (const path of ['/console/session', '/console/session/fib', '/console/assets/session-fib.js']) {
    expect((await read(path, plain)).status).toBe(404);
  }
  expect((await read('/', plain)).body).not.toContain('/console/session');
  expect((await read('/')).body).toContain('href="/console/session"');
});

test('the session page of a single contract has the base path of its mount', async () => {
  const alone = await startServer({ demo: true, only: { contract: 'xerial', at: '/v2' } });
  onTestFinished(alone.stop);
  const { body } = await read('/console/session', alone);
  expect(body).toMatch(/data-contract="xerial"\s+data-base="\/v2"/);
});
