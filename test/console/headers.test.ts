// The headers of everything that a browser can load from each listener, found by following every address from the start
// page: no inline code, no other origin, no frames; and no cache stores a response with a token.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../scripts/mock.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { loadAdminDocument } from '../../src/app/contracts.ts';
import { contracts, send } from '../shared/refreshing.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, type WireAnswer } from '../shared/wire.ts';

let server: TestServer;
let mock: Mock;
let origins: Readonly<Record<string, string>>;
beforeAll(async () => {
  server = await startServer({ demo: true });
  mock = await createMock([...(await loadContracts()), loadAdminDocument()], false);
  origins = {
    contracts: server.origin,
    operators: await server.adminOrigin(),
    mock: await mock.listen(0, '127.0.0.1'),
  };
});
afterAll(async () => {
  await mock.close();
  await server.stop();
});

/** Every response that the pages of a listener link to, by path. */
async function crawl(origin: string): Promise<ReadonlyMap<string, WireAnswer>> {
  const found = new Map<string, WireAnswer>();
  const waiting = ['/'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const response = await call(origin, { method: 'GET', path });
    found.set(path, response);
    waiting.push(...addressesIn(path, response));
  }
  return found;
}

function addressesIn(path: string, { headers, body }: WireAnswer): string[] {
  const type = headers['content-type'] ?? '';
  const pattern = type.startsWith('text/html')
    ? /\s(?:href|src|data-document)="(\/[^"#]*)/g
    : /(?:from|import) ?["'](\.[^"']+)/g;
  if (!/^text\/(html|javascript)/.test(type)) return [];
  const base = `http://origin${path}`;
  return [...body.matchAll(pattern)].map(([, address = '']) => new URL(address, base).pathname);
}

/** Media types that a browser renders or runs. */
const isForBrowsers = ({ headers }: WireAnswer): boolean =>
  /^(text\/(html|css|javascript)|image\/svg)/.test(headers['content-type'] ?? '');

describe.each([
  ['contracts', ['/console/fib', '/console/session']],
  ['operators', ['/console/admin']],
  ['mock', ['/console/fib', '/console/admin']],
])('the listener of the %s', (listener, pages) => {
  let responses: ReadonlyMap<string, WireAnswer>;
  beforeAll(async () => {
    responses = await crawl(origins[listener] ?? '');
  });

  test('the listener has no dead link', () => {
    expect([...responses.keys()]).toEqual(expect.arrayContaining(['/', ...pages]));
    expect([...responses].filter(([, { status }]) => status !== 200)).toEqual([]);
    expect([...responses.values()].filter(isForBrowsers).length).toBeGreaterThan(5);
  });

  test('the listener allows browsers only its own files, nothing inline and no frames', () => {
    for (const [path, response] of responses) {
      if (!isForBrowsers(response)) continue;
      const policy = new Map(
        (response.headers['content-security-policy'] ?? '').split('; ').map((part) => {
          const [name = '', ...sources] = part.split(' ');
          return [name, sources.join(' ')];
        }),
      );
      expect([path, policy.get('default-src')]).toEqual([path, "'none'"]);
      expect([path, policy.get('script-src'), policy.get('style-src')]).toEqual([path, "'self'", "'self'"]);
      expect([path, policy.get('frame-ancestors'), policy.get('base-uri')]).toEqual([path, "'none'", "'none'"]);
      expect([path, policy.get('connect-src')?.split(' ').includes("'self'")]).toEqual([path, true]);
      expect(response.headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
      expect(response.headers, path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('the listener does not name its software', () => {
    for (const [path, { headers }] of responses)
      expect([path, Object.keys(headers).filter((name) => /^(x-powered-by|server|via|x-express)/.test(name))]).toEqual([
        path,
        [],
      ]);
  });
});

describe('no cache stores', () => {
  test.each(contracts)('no cache stores a response of %s, granted or refused', async (contract) => {
    for (const token of [await server.issue(contract), 'no token']) {
      expect((await send(server.origin, contract, token)).headers['cache-control']).toBe('no-store');
    }
  });

  test('no cache stores a new session or an introspection', async () => {
    const asJson = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
    const asForm = { ...asJson, 'content-type': 'application/x-www-form-urlencoded' };
    const token = await server.issue('xerial', 'alice');
    for (const [path, headers, body] of [
      ['/sessions', asJson, '{"contract":"xerial","subjectId":"alice"}'],
      ['/introspection', asForm, `token=${token}`],
    ] as const) {
      const response = await call(origins['operators'] ?? '', {
        method: 'POST',
        path: `/admin/v1${path}`,
        headers,
        body,
      });
      expect(response.status).toBeLessThan(300);
      expect(response.headers['cache-control']).toBe('no-store');
    }
  });

  test.each(contracts)('no cache stores a demo session of %s', async (contract) => {
    const headers = { 'sec-fetch-site': 'same-origin' };
    const response = await call(server.origin, { method: 'GET', path: `/console/demo/${contract}.json`, headers });
    expect(response.status).toBe(200);
    expect(response.body).toContain('eyJ');
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
});
