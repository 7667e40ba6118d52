// The reference of the admin contract over HTTP: on the admin listener, and on no other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAdminDocument } from '../../src/app/contracts.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer } from '../shared/wire.ts';

const admin = loadAdminDocument();
let server: TestServer;
let adminOrigin: string;
beforeAll(async () => {
  server = await startServer({ admin: true, demo: true, environment: { REFRACT_CONSOLE: 'on' } });
  adminOrigin = await server.adminOrigin();
});
afterAll(() => server.stop());

const get = (path: string, origin = adminOrigin): Promise<WireAnswer> => call(origin, { method: 'GET', path });

function addressesIn({ body }: WireAnswer): string[] {
  return [...body.matchAll(/(?:href|src|data-document)="([^"#]+)"/g)].map(([, address = '']) => address);
}

describe('the admin reference', () => {
  test('the admin reference has only addresses of this origin, and links to the status', async () => {
    const page = await get('/console/admin');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    const addresses = addressesIn(page);
    expect(addresses).toContain('/');
    expect(addressesIn(await get('/'))).toContain('/console/admin');
    for (const address of addresses) {
      expect(address).toMatch(/^\/(?!\/)/);
      const { status, headers } = await get(address);
      expect(status, address).toBe(200);
      expect(headers['content-security-policy'], address).toMatch(/^default-src 'none'; script-src 'self'; /);
    }
    expect(page.body).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
  });

  test('the admin reference shows title and number of operations, and fills in no token', async () => {
    const { body } = await get('/console/admin');
    expect(body).toContain('Refract administration</h1>');
    expect(body).toContain(`${String(admin.operations.length)} operations`);
    expect(body).toMatch(/data-demo=""[^>]+data-token=""[^>]+data-many="true"[^>]+data-ready=""/);
  });

  test('the admin reference and its files contain no admin token', async () => {
    for (const path of [
      '/',
      '/console/admin',
      '/console/admin.json',
      '/console/admin.yaml',
      '/console/assets/try-it.js',
    ]) {
      expect((await get(path)).body, path).not.toContain(adminToken);
    }
  });

  test('the admin reference shows the document with its base path', async () => {
    expect(json(await get('/console/admin.json'))).toEqual(admin.document);
    expect((await get('/console/admin.yaml')).body).toBe(admin.source);
  });

  test('the admin reference is served with REFRACT_CONSOLE=off too', async () => {
    const closed = await startServer({ admin: true, environment: { REFRACT_CONSOLE: 'off' } });
    try {
      expect((await get('/console/admin', await closed.adminOrigin())).status).toBe(200);
      expect((await get('/', closed.origin)).status).toBe(404);
    } finally {
      await closed.stop();
    }
  });
});

describe('the listener of the contracts', () => {
  test.each(['/console/admin', '/console/admin.json', '/console/admin.yaml', '/admin/v1/sessions'])(
    'the contracts listener has no %s',
    async (path) => {
      expect((await get(path, server.origin)).status).toBe(404);
    },
  );

  test.each(['/', '/console/fib'])('the page %s of the contracts does not mention the admin contract', async (path) => {
    expect((await get(path, server.origin)).body).not.toMatch(/admin(?!@)/i);
  });
});

test('replaceDocument() shows an edited document, and keeps the former after a refusal', async () => {
  const edited = { ...admin, document: { ...admin.document, info: { title: 'Edited', version: '2' } } };
  await server.refract.replaceDocument(edited);
  expect((await get('/console/admin')).body).toContain('Edited</h1>');
  const titleless = { ...edited, document: { ...admin.document, info: { title: 5, version: '2' } } };
  await expect(server.refract.replaceDocument(titleless)).rejects.toThrow(
    /admin\.yaml:\d+: info › title must be string\.$/,
  );
  expect((await get('/console/admin')).body).toContain('Edited</h1>');
  await server.refract.replaceDocument(admin);
  expect((await get('/console/admin')).body).toContain('Refract administration</h1>');
});
