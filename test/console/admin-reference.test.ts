// The reference of the operators' contract as it goes over the wire: on their listener, and nowhere else.
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

describe('the page', () => {
  test('leads only to what is there on this origin, and to the status page, which leads back', async () => {
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

  test('says what there is, and begins nothing by itself', async () => {
    const { body } = await get('/console/admin');
    expect(body).toContain('Refract administration</h1>');
    expect(body).toContain(`${String(admin.operations.length)} operations`);
    expect(body).toMatch(/data-demo=""[^>]+data-token=""[^>]+data-many="true"[^>]+data-ready=""/);
  });

  test('holds no admin token, and neither does anything that it loads', async () => {
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

  test('shows the document as it is mounted', async () => {
    expect(json(await get('/console/admin.json'))).toEqual(admin.document);
    expect((await get('/console/admin.yaml')).body).toBe(admin.source);
  });

  test('is there for operators also where the console is switched off', async () => {
    const closed = await startServer({ admin: true, environment: { REFRACT_CONSOLE: 'off' } });
    try {
      expect((await get('/console/admin', await closed.adminOrigin())).status).toBe(200);
      expect((await get('/', closed.origin)).status).toBe(404);
    } finally {
      await closed.stop();
    }
  });
});

describe('on the listener of the contracts', () => {
  test.each(['/console/admin', '/console/admin.json', '/console/admin.yaml', '/admin/v1/sessions'])(
    'there is no %s',
    async (path) => {
      expect((await get(path, server.origin)).status).toBe(404);
    },
  );

  test.each(['/', '/console/fib'])('%s does not speak of it', async (path) => {
    expect((await get(path, server.origin)).body).not.toMatch(/admin(?!@)/i);
  });
});

test('an edited document is served and shown from then on, and a refused one leaves the one before', async () => {
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
