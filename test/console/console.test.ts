// The console over HTTP: its pages, their headers, and that they show the served documents.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referencePage } from '../../src/console/pages/reference.ts';
import { loadDocument, openapiFolder, parseDocument } from '../../src/http/documents.ts';
import { at } from '../shared/at.ts';
import { contracts, isGranted, send } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer } from '../shared/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const get = (path: string, origin = server.origin): Promise<WireAnswer> => call(origin, { method: 'GET', path });

/** Every address in an attribute of a page. */
function addressesIn(page: WireAnswer): string[] {
  return [...page.body.matchAll(/(?:href|src|data-document|data-demo)="([^"]+)"/g)].map(([, address = '']) => address);
}

const pages = ['/', ...contracts.map((name) => `/console/${name}`)];

describe('a page', () => {
  test.each(pages)('the page %s contains only addresses that exist, on this origin', async (path) => {
    const page = await get(path);
    expect(page.status).toBe(200);
    const addresses = addressesIn(page).filter((address) => !address.startsWith('#'));
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) {
      expect(address).toMatch(/^\/(?!\/)/);
      expect((await get(address)).status, address).toBe(200);
    }
  });

  test.each(pages)('the page %s is HTML with language, title, one h1 and nothing inline', async (path) => {
    const page = await get(path);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toMatch(/^<!doctype html>\s*<html lang="en">/);
    expect(page.body).toMatch(/<title>[^<]*Refract<\/title>/);
    expect(page.body).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(page.body).not.toMatch(/<script(?! src="\/console\/assets\/[\w.-]+" (defer|type="module")><\/script>)/);
    const headings = [...page.body.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    expect(headings[0]).toBe(1);
    expect(headings.filter((level) => level === 1)).toHaveLength(1);
  });

  test.each(pages)('the page %s and its files forbid browsers to load from another origin', async (path) => {
    const page = await get(path);
    const loaded = addressesIn(page).filter((address) => address.startsWith('/console/'));
    for (const response of [page, ...(await Promise.all(loaded.map((address) => get(address))))]) {
      expect(response.headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(response.headers).toHaveProperty('cache-control');
    }
  });

  test('the files of the console name no other origin except the SVG namespace', async () => {
    const addresses = ['/console/fib', '/'].map(async (path) => addressesIn(await get(path)));
    const own = [...new Set((await Promise.all(addresses)).flat())].filter(
      (address) => address.startsWith('/console/assets/') && !address.includes('swagger-ui'),
    );
    const styles = ['base.css', 'facts.css', 'operations.css', 'reference.css', 'start.css'];
    const files = [...styles, 'copy.js', 'icon.svg', 'try-it.js'].sort();
    expect(own.toSorted()).toEqual(files.map((file) => `/console/assets/${file}`));
    for (const address of own) {
      const { body } = await get(address);
      expect(body.replaceAll('http://www.w3.org/2000/svg', ''), address).not.toMatch(/https?:\/\/|@import|\burl\(/);
    }
  });

  test.each(pages)('the page %s supports GET and HEAD only', async (path) => {
    const head = await call(server.origin, { method: 'HEAD', path });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength((await get(path)).body)));
    const post = await call(server.origin, { method: 'POST', path });
    expect(post).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  test('the start page shows the requested host, escaped', async () => {
    const getFrom = (host: string) => call(server.origin, { method: 'GET', path: '/', headers: { host } });
    expect((await getFrom('tokens.example:8443')).body).toContain('http://tokens.example:8443</span>');
    expect((await getFrom('"><script>alert(1)</script>')).body).not.toMatch(/alert|https?:/);
    const behindProxy = { host: 'tokens.example', 'x-forwarded-proto': 'https' };
    const page = await call(server.origin, { method: 'GET', path: '/', headers: behindProxy });
    expect(page.body).toContain('https://tokens.example</span>');
  });
});

describe('the start page', () => {
  test('the start page lists each contract: request, policy, lifetimes and statuses', async () => {
    const { body } = await get('/');
    const rows = body.split('<article').slice(1);
    expect(rows).toHaveLength(contracts.length);
    for (const [index, name] of contracts.entries()) {
      const words = wordsOf(rows[index] ?? '');
      const { document, operations, basePath } = loadDocument(join(openapiFolder, `${name}.yaml`));
      expect(words).toContain(at(document, 'info', 'title'));
      for (const { method, path, responses } of operations) {
        expect(words).toContain(`${method.toUpperCase()} ${server.origin}${basePath}${path}`);
        const statuses = [...responses.keys()].sort((a, b) => a - b);
        expect(words).toContain(`Statuses ${statuses.join(' ')}`);
      }
      expect(words).toContain(`npm run mock -- ${name}`);
    }
    expect(wordsOf(rows[1] ?? '')).toContain(
      'Policy single-use Algorithm EdDSA Access token 5 min Refresh token 1 d Session 7 d Grace period 1 min',
    );
    expect(body.match(/\/jwks\/\w+\.json/g)).toEqual(['/jwks/fib.json', '/jwks/orillion.json']);
  });

  test('the start page shows the settings of the operator', async () => {
    const set = { REFRACT_XERIAL_POLICY: 'reusable', REFRACT_XERIAL_ACCESS_LIFETIME: '90' };
    await withServer({ environment: { ...set, REFRACT_MOCK_ORIGIN: 'http://127.0.0.1:4010' } }, async ({ origin }) => {
      const { body } = await get('/', origin);
      expect(wordsOf(body)).toContain('Policy reusable Algorithm HS256 Access token 90 s');
      for (const name of contracts) expect(body).toContain(`href="http://127.0.0.1:4010/console/${name}"`);
      expect(body).not.toContain('npm run mock');
    });
  });
});

describe('a document', () => {
  test.each(contracts)('the document of %s is served as its file, and as JSON with its base path', async (name) => {
    const yaml = await get(`/console/${name}.yaml`);
    expect(yaml.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(yaml.body).toBe(readFileSync(join(openapiFolder, `${name}.yaml`), 'utf8'));
    const { document } = loadDocument(join(openapiFolder, `${name}.yaml`));
    expect(json(await get(`/console/${name}.json`))).toEqual(document);
  });

  test.each(['/api/v4', '/'])(
    'the document of a single contract at %s has that base path, like its pages',
    async (place) => {
      await withServer({ only: { contract: 'cloudreve', at: place } }, async ({ origin }) => {
        const document = json(await get('/console/cloudreve.json', origin));
        expect(at(document, 'servers')).toMatchObject([{ url: place }]);
        const path = `${place === '/' ? '' : place}/session/token/refresh`;
        for (const page of ['/', '/console/cloudreve']) {
          expect(wordsOf((await get(page, origin)).body)).toContain(`POST ${origin}${path}`);
        }
        expect(wordsOf((await get('/', origin)).body)).toContain('One refresh contract');
        expect((await get('/console/fib', origin)).status).toBe(404);
        expect((await call(origin, { method: 'POST', path })).status, 'the contract itself').not.toBe(404);
      });
    },
  );

  test('an edited document replaces the former one at the same base path', async () => {
    await withServer({ only: { contract: 'xerial', at: '/mine' } }, async ({ origin, refract }) => {
      const text = readFileSync(join(openapiFolder, 'xerial.yaml'), 'utf8');
      const edited = text.replace('title: Xerial auth tokens', 'title: Xerial <edited>');
      await refract.replaceDocument(parseDocument('xerial', 'xerial.yaml', edited));
      expect((await get('/console/xerial.yaml', origin)).body).toBe(edited);
      const document = json(await get('/console/xerial.json', origin));
      expect(at(document, 'info', 'title')).toBe('Xerial <edited>');
      expect(at(document, 'servers')).toMatchObject([{ url: '/mine' }]);
      for (const page of ['/', '/console/xerial']) {
        expect((await get(page, origin)).body).toContain('Xerial &#60;edited&#62;</h');
      }
    });
  });
});

test('a reference page without Swagger UI reports it, and does not load try-it', () => {
  const document = loadDocument(join(openapiFolder, 'fib.yaml'));
  const contract = { document, runs: undefined, hasPublicKeys: false };
  const page = referencePage({ kind: 'server', places: [], contract, origin: '', swaggerUi: undefined });
  expect(wordsOf(page)).toContain('because the package swagger-ui-dist is not installed');
  expect(page.match(/<script[^>]*/g)).toEqual(['<script src="/console/assets/copy.js" type="module"']);
});

test('REFRACT_CONSOLE=off removes every page, and the contracts still refresh', async () => {
  await withServer({ environment: { REFRACT_CONSOLE: 'off' }, demo: true }, async ({ origin, issue }) => {
    for (const path of ['/', '/console/xerial', '/console/xerial.yaml', '/console/assets/start.css']) {
      expect((await get(path, origin)).status, path).toBe(404);
    }
    expect(isGranted('xerial', await send(origin, 'xerial', await issue('xerial')))).toBe(true);
  });
});

describe('an unknown path of the console', () => {
  const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  test('a browser gets a 404 page with header and link home for an unknown path', async () => {
    const page = await call(server.origin, { method: 'GET', path: '/console/nothing', headers: asBrowser });
    expect(page).toMatchObject({ status: 404, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(page.body).toContain('<a href="/">Go to the start page</a>');
    expect(page.body).toContain('<a href="/console/fib" >fib</a>');
    for (const address of addressesIn(page).filter((one) => !one.startsWith('#'))) {
      expect((await get(address)).status, address).toBe(200);
    }
  });

  test.each([
    ['another client', '/console/nothing', { accept: '*/*' }],
    ['a client without Accept', '/console/nothing', {}],
    ['a path outside of the console', '/nothing', asBrowser],
  ])('an unknown path of the console is plain text for %s', async (_what, path, headers) => {
    const response = await call(server.origin, { method: 'GET', path, headers });
    expect(response).toMatchObject({ status: 404, body: 'Not Found\n' });
  });
});

async function withServer(
  options: Parameters<typeof startServer>[0],
  use: (server: TestServer) => Promise<void>,
): Promise<void> {
  const started = await startServer(options);
  try {
    await use(started);
  } finally {
    await started.stop();
  }
}

/** The text of a page, in one line. */
function wordsOf(page: string): string {
  const text = page.replaceAll(/<(wbr|\/?span|\/?code)\b[^>]*>/g, '').replaceAll(/<[^>]*>/g, ' ');
  return text.replaceAll(/\s+/g, ' ');
}
