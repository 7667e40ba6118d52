// The host names of the admin listener: a page of another site must not read paths without a token.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, type WireAnswer } from '../shared/wire.ts';

let server: TestServer;
let named: TestServer;
let everywhere: TestServer;
beforeAll(async () => {
  server = await startServer();
  named = await startServer({ environment: { REFRACT_ADMIN_NAMES: 'Ops.example,refract' } });
  everywhere = await startServer({ environment: { REFRACT_ADMIN_HOST: '0.0.0.0' } });
});
afterAll(async () => {
  for (const each of [server, named, everywhere]) await each.stop();
});

async function ask(of: TestServer, host: string, path = '/status.json'): Promise<WireAnswer> {
  const origin = (await of.adminOrigin()).replace('0.0.0.0', '127.0.0.1');
  return call(origin, { method: 'GET', path, headers: { host, authorization: `Bearer ${adminToken}` } });
}

const ours = [
  '127.0.0.1',
  '127.0.0.1:9000',
  'localhost',
  'LOCALHOST:8081',
  'localhost.',
  '[::1]',
  '[::1]:8081',
  '10.0.0.7',
];
const foreign = [
  'evil.example',
  'evil.example:8081',
  'localhost.evil.example',
  'evil-localhost',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io:8081',
  '[evil.example]',
  ':8081',
];

describe('a listener on a loopback address', () => {
  test.each(ours)('a loopback listener accepts the host %s', async (host) => {
    expect((await ask(server, host)).status).toBe(200);
  });

  test.each(foreign)('a loopback listener refuses the host %j on every path', async (host) => {
    for (const path of ['/', '/status.json', '/metrics', '/readyz', '/admin/v1/statistics', '/nothing']) {
      const answer = await ask(server, host, path);
      expect([path, answer.status]).toEqual([path, 421]);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      expect(answer.body).toMatch(/^Misdirected Request: [^\n]+\n$/);
    }
  });

  test('only the admin listener refuses foreign host names', async () => {
    expect((await ask(server, 'ops.example')).status).toBe(421);
    const headers = { host: 'tokens.example' };
    expect((await call(server.origin, { method: 'GET', path: '/healthz', headers })).status).toBe(200);
  });
});

test('a listener with names accepts only these, addresses and localhost', async () => {
  for (const host of ['ops.example', 'OPS.example:443', 'refract', ...ours]) {
    expect([host, (await ask(named, host)).status]).toEqual([host, 200]);
  }
  for (const host of ['example', 'x.ops.example', 'evil.example']) {
    expect([host, (await ask(named, host)).status]).toEqual([host, 421]);
  }
});

test('a listener on a network address accepts any host', async () => {
  for (const host of ['refract.monitoring.svc:8081', ...ours]) {
    expect([host, (await ask(everywhere, host)).status]).toEqual([host, 200]);
  }
});
