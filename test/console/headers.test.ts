// Whatever a browser may get from any listener of ours, found by following every address from the first page on: it may
// run nothing inline, load nothing from elsewhere and be framed by nobody; and what has a token in it is never stored.
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

/** Every answer that a listener's pages lead to, by path. */
async function everythingFrom(origin: string): Promise<ReadonlyMap<string, WireAnswer>> {
  const found = new Map<string, WireAnswer>();
  const waiting = ['/'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const answer = await call(origin, { method: 'GET', path });
    found.set(path, answer);
    waiting.push(...addressesIn(path, answer));
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

/** What a browser shows, runs or draws by. */
const isForBrowsers = ({ headers }: WireAnswer): boolean =>
  /^(text\/(html|css|javascript)|image\/svg)/.test(headers['content-type'] ?? '');

describe.each([
  ['contracts', ['/console/fib', '/console/session']],
  ['operators', ['/console/admin']],
  ['mock', ['/console/fib', '/console/admin']],
])('of the listener of the %s', (listener, pages) => {
  let answers: ReadonlyMap<string, WireAnswer>;
  beforeAll(async () => {
    answers = await everythingFrom(origins[listener] ?? '');
  });

  test('every page is found, and there is no dead end', () => {
    expect([...answers.keys()]).toEqual(expect.arrayContaining(['/', ...pages]));
    expect([...answers].filter(([, { status }]) => status !== 200)).toEqual([]);
    expect([...answers.values()].filter(isForBrowsers).length).toBeGreaterThan(5);
  });

  test('a browser may run and load only what is of this origin and in a file, and nobody may frame it', () => {
    for (const [path, answer] of answers) {
      if (!isForBrowsers(answer)) continue;
      const policy = new Map(
        (answer.headers['content-security-policy'] ?? '').split('; ').map((part) => {
          const [name = '', ...sources] = part.split(' ');
          return [name, sources.join(' ')];
        }),
      );
      expect([path, policy.get('default-src')]).toEqual([path, "'none'"]);
      expect([path, policy.get('script-src'), policy.get('style-src')]).toEqual([path, "'self'", "'self'"]);
      expect([path, policy.get('frame-ancestors'), policy.get('base-uri')]).toEqual([path, "'none'", "'none'"]);
      expect([path, policy.get('connect-src')?.split(' ').includes("'self'")]).toEqual([path, true]);
      expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
      expect(answer.headers, path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  test('nothing names the software that gave it', () => {
    for (const [path, { headers }] of answers)
      expect([path, Object.keys(headers).filter((name) => /^(x-powered-by|server|via|x-express)/.test(name))]).toEqual([
        path,
        [],
      ]);
  });
});

describe('what has a token in it is never stored by a cache:', () => {
  test.each(contracts)('an answer of %s, granted or refused', async (contract) => {
    for (const token of [await server.issue(contract), 'no token']) {
      expect((await send(server.origin, contract, token)).headers['cache-control']).toBe('no-store');
    }
  });

  test('a new session, and what is told of a token', async () => {
    const asJson = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
    const asForm = { ...asJson, 'content-type': 'application/x-www-form-urlencoded' };
    const token = await server.issue('xerial', 'alice');
    for (const [path, headers, body] of [
      ['/sessions', asJson, '{"contract":"xerial","subjectId":"alice"}'],
      ['/introspection', asForm, `token=${token}`],
    ] as const) {
      const answer = await call(origins['operators'] ?? '', {
        method: 'POST',
        path: `/admin/v1${path}`,
        headers,
        body,
      });
      expect(answer.status).toBeLessThan(300);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  test.each(contracts)('a demo session of %s', async (contract) => {
    const headers = { 'sec-fetch-site': 'same-origin' };
    const answer = await call(server.origin, { method: 'GET', path: `/console/demo/${contract}.json`, headers });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('eyJ');
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
});
