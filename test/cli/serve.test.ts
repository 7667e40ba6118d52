// refract serve: its addresses, mounts and output.
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { loadDocuments, openapiFolder } from '../../src/http/documents.ts';
import { at } from '../shared/at.ts';
import { noDetails, test, type Place } from '../shared/cli.ts';
import { callFor, contracts, isGranted, type ContractName } from '../shared/refreshing.ts';
import { call, json } from '../shared/wire.ts';

describe('a server', () => {
  test('serve prints address, database and the URL of each contract, and responds there', async ({ place }) => {
    const serving = await place.serve();
    const printed = await serving.prints(/^xerial .*\n/m);
    expect(printed).toContain(`Refract listens on ${serving.origin} (sessions in ${place.database})\n`);
    expect(printed).toContain(`Read and try every contract at ${serving.origin}/\n`);
    expect((await call(serving.origin, { method: 'GET', path: '/' })).status).toBe(200);
    const rows = printed
      .split('\n')
      .slice(5)
      .filter((line) => line !== '')
      .map((line) => line.split(/ +/));
    expect(rows).toEqual(
      loadDocuments(openapiFolder)
        .filter(({ name }) => name !== 'admin')
        .flatMap(({ name, basePath, operations }) =>
          operations.map(({ method, path }) => [name, method.toUpperCase(), serving.origin + basePath + path]),
        ),
    );
    for (const contract of contracts) {
      const token = await issue(place, contract);
      expect(isGranted(contract, await call(serving.origin, callFor(contract, token))), contract).toBe(true);
    }
    expect(serving.printed(), 'no token is printed').not.toContain('eyJ');
  });

  test('serve uses PORT and REFRACT_DB', async ({ place }) => {
    const port = await freePort();
    const database = join(place.folder, 'made', 'on the way', 'r.db');
    const { origin } = await place.serveWith({ environment: { PORT: port, REFRACT_DB: database } }, '--only', 'xerial');
    expect(origin).toBe(`http://127.0.0.1:${port}`);
    expect((await call(origin, { method: 'GET', path: '/healthz' })).status).toBe(200);
    expect(existsSync(database)).toBe(true);
    expect(existsSync(place.database)).toBe(false);
  });

  test('serve uses --port, --host and --db rather than the environment', async ({ place }) => {
    const [port, other] = [await freePort(), await freePort()];
    const environment = { PORT: other, REFRACT_HOST: '192.0.2.1', REFRACT_DB: join(place.folder, 'other.db') };
    const args = ['--only', 'xerial', '--port', port, '--host', 'localhost', '--db', 'mine.db'];
    const { origin, printed } = await place.serveWith({ environment }, ...args);
    expect(origin).toBe(`http://localhost:${port}`);
    expect(printed()).toContain(`(sessions in ${join(place.folder, 'mine.db')})`);
    expect([existsSync(join(place.folder, 'mine.db')), existsSync(environment.REFRACT_DB)]).toEqual([true, false]);
  });

  test('serve stores sessions in var/refract.db by default, readable by its owner alone', async ({ place }) => {
    await place.serveWith({ environment: { REFRACT_DB: undefined } }, '--only', 'xerial');
    const modeOf = (file: string) => (statSync(join(place.folder, 'var', file)).mode & 0o777).toString(8);
    expect([modeOf('refract.db'), modeOf('master.key')]).toEqual(['600', '600']);
  });
});

describe('--only', () => {
  test.for([
    ['/api/v4', '/api/v4'],
    ['/', ''],
  ] as const)('serve --only serves one contract at %s, with health and keys', async ([path, prefix], { place }) => {
    const serving = await place.serve('--only', 'cloudreve', '--at', path);
    const { origin } = serving;
    const printed = await serving.prints(/^cloudreve .*\n/m);
    expect(printed.match(/^.* POST .*$/gm)).toEqual([`cloudreve  POST    ${origin}${prefix}/session/token/refresh`]);

    const token = await issue(place, 'cloudreve');
    const refreshing = { ...callFor('cloudreve', token), path: `${prefix}/session/token/refresh` };
    expect(isGranted('cloudreve', await call(origin, refreshing))).toBe(true);

    const get = (path: string) => call(origin, { method: 'GET', path });
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
    expect(json(await get('/jwks/cloudreve.json'))).toEqual({ keys: [] });
    expect(await get('/jwks/fib.json')).toMatchObject({ status: 404 });
    expect(await call(origin, callFor('cloudreve', token)), 'its own base path').toMatchObject({ status: 404 });
    const elsewhere = await call(origin, callFor('xerial', await issue(place, 'xerial')));
    expect(elsewhere, 'another contract').toMatchObject({ status: 404 });
  });

  test('serve --only without --at serves the contract at its own base path', async ({ place }) => {
    const { origin } = await place.serve('--only', 'fib');
    const answer = await call(origin, callFor('fib', await issue(place, 'fib')));
    expect(isGranted('fib', answer)).toBe(true);
    const jwks = json(await call(origin, { method: 'GET', path: '/jwks/fib.json' }));
    expect(at(jwks, 'keys')).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }]);
    expect(JSON.stringify(jwks)).not.toContain('"d":');
  });
});

test('serve --no-console serves no console and prints no address of it', async ({ place }) => {
  const { origin, prints } = await place.serve('--only', 'xerial', '--no-console');
  expect(await prints(/^xerial .*\n/m)).not.toContain('Read and try');
  expect(await call(origin, { method: 'GET', path: '/' })).toMatchObject({ status: 404 });
});

test('serve --demo refuses hosts outside the loopback, from flag or environment', async ({ place }) => {
  const refusals = [
    await place.refract('serve', '--demo', '--host', '0.0.0.0'),
    await place.refractWith({ environment: { REFRACT_HOST: '0.0.0.0' } }, 'serve', '--demo'),
  ];
  expect(refusals.map(({ code, stdout }) => [code, stdout])).toEqual([
    [2, ''],
    [2, ''],
  ]);
  expect(existsSync(place.database)).toBe(false);
});

/** Issues a session. @returns its refresh token */
function issue(place: Place, contract: ContractName): Promise<string> {
  return place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    const issued = await issue(contract, 'bob');
    if (issued.kind === 'refused') throw new Error(issued.refusal);
    return issued.grant.refresh.token;
  });
}

/** A port that was free a moment ago. */
function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(String(typeof address === 'object' ? address?.port : address));
      });
    });
  });
}
