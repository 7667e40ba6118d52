// The mock: every documented response of every contract on demand, and the real server's responses to invalid requests.
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createMock, run as command, type Mock } from '../../scripts/mock.ts';
import { describeCalls } from '../../scripts/mock.ts';
import { preferenceOf } from '../../scripts/mock/front.ts';
import { loadAdminDocument, loadContracts } from '../../src/app/contracts.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { at } from '../shared/at.ts';
import { undocumented, withoutCors } from '../shared/documented.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer, type WireCall } from '../shared/wire.ts';
import { runHere } from './run-here.ts';

const contracts = await loadContracts();
const admin = loadAdminDocument();
const documents = [...contracts.map(({ document }) => document), admin];
const answers = documents.flatMap((document) =>
  document.operations.flatMap((operation) =>
    [...operation.responses.values()].flatMap(({ status, examples }) =>
      [...examples].map(([example, body]) => ({
        document,
        operation,
        name: operation === document.operations[0] ? document.name : `${document.name}, ${operation.operationId}`,
        status,
        example,
        body,
      })),
    ),
  ),
);
const answersOf = (document: ContractDocument) => answers.filter((answer) => answer.document === document);

let mock: Mock;
let real: TestServer;
let origin: string;
beforeAll(async () => {
  mock = await createMock([...contracts, admin], false);
  origin = await mock.listen(0, '127.0.0.1');
  real = await startServer();
});
afterAll(async () => {
  await mock.close();
  await real.stop();
});

function callOf(
  document: ContractDocument,
  prefer?: string,
  accept?: string,
  operation: DocumentedOperation | undefined = document.operations[0],
): WireCall {
  if (operation === undefined) throw new Error(`${document.name} has no operation`);
  const { headers, ...rest } = exampleCall(document, operation);
  return { ...rest, headers: { ...headers, ...(prefer && { prefer }), ...(accept && { accept }) } };
}

test.each(['bearer', 'BEARER '])('the mock accepts the scheme in any case like the server: %s', async (word) => {
  const path = '/admin/v1/statistics';
  const headers = { authorization: `${word} ${adminToken}` };
  const answers = [origin, await real.adminOrigin()].map((each) => call(each, { method: 'GET', path, headers }));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
});

describe('the mock sends every documented response', () => {
  test.each(answers)(
    'the mock of $name sends the documented response $status, $example',
    async ({ document, operation, status, example, body }) => {
      // Also to a front end that accepts only JSON, and by the name of the example alone.
      for (const prefer of [`code=${String(status)}, example=${example}`, `example=${example}`]) {
        for (const accept of [undefined, 'application/json']) {
          const answer = await call(origin, callOf(document, prefer, accept, operation));
          expect(withoutCors(answer), prefer).toMatchObject({ status });
          expect(undocumented(operation, withoutCors(answer))).toEqual([]);
          expect(typeof body === 'string' ? answer.body : json(answer)).toEqual(body);
        }
      }
    },
  );

  test.each(documents)(
    'the mock of $name sends a success of every operation without a preference',
    async (document) => {
      for (const operation of document.operations) {
        const answer = await call(origin, callOf(document, undefined, undefined, operation));
        const successes = answers.filter((one) => one.operation === operation && one.status < 300);
        expect(json(answer), operation.operationId).toEqual(successes[0]?.body);
      }
    },
  );

  test.each(documents)('the mock of $name sends values generated from the schema', async (document) => {
    for (const operation of document.operations) {
      const answer = await call(origin, callOf(document, 'dynamic=true', undefined, operation));
      expect(answer.status, operation.operationId).toBeLessThan(300);
      expect(undocumented(operation, withoutCors(answer)), operation.operationId).toEqual([]);
    }
  });

  test('the mock accepts any parameters of path and query', async () => {
    const strange = encodeURIComponent('a/b?c=d#e%20 ü{x}');
    for (const path of [`/subjects/${strange}`, `/sessions?subject=${strange}&limit=200&more=x`]) {
      const answer = await call(origin, {
        method: 'GET',
        path: admin.basePath + path,
        headers: { authorization: 'Bearer any' },
      });
      expect(answer.status, answer.body).toBe(200);
    }
  });
});

describe('the printed calls', () => {
  test.each(contracts)('the mock of $name prints one call for each response', ({ document }) => {
    expect(describeCalls(document, origin, false).filter(isCall)).toHaveLength(answersOf(document).length);
  });

  test('the mock prints calls of the admin API only when it is named', async () => {
    const brief = describeCalls(admin, origin, false);
    expect(brief.filter(isCall)).toEqual([]);
    expect(brief).toHaveLength(2);
    expect(brief[1]).toContain('`npm run mock -- admin`');
    const printed = describeCalls(admin, origin, true);
    expect(printed.filter(isCall)).toHaveLength(admin.operations.length);
    const [link = ''] = /http:\S+\/console\/admin/.exec(brief[1] ?? '') ?? [];
    expect((await call(origin, { method: 'GET', path: new URL(link).pathname })).status).toBe(200);
  });
});

describe('the console of the mock', () => {
  const get = (path: string) => call(origin, { method: 'GET', path });

  test('the console of the mock has its own title, and no lifetimes or demo sessions', async () => {
    for (const path of ['/', '/console/fib']) {
      const { status, body } = await get(path);
      expect(status).toBe(200);
      expect(body).toMatch(/<title>[^<]*Refract mock<\/title>/);
      expect(body).not.toMatch(/Policy|\/jwks\/|\/console\/demo\/|npm run mock/);
    }
  });

  test('the console of the mock shows the admin API separately', async () => {
    const { body } = await get('/');
    const [clients = '', operators = ''] = body.split('<section class="operators"');
    expect(clients).toContain('Five refresh contracts');
    expect(clients).not.toContain('id="contract-admin"');
    expect(operators).toContain('href="/console/admin"');
    expect(operators).toContain(`${String(admin.operations.length)} operations`);
  });

  test('the console of a mock of the admin API alone shows no other contract', async () => {
    const alone = await createMock([admin], false);
    onTestFinished(alone.close);
    const { body } = await call(await alone.listen(0, '127.0.0.1'), { method: 'GET', path: '/' });
    expect(body).toContain('<h1 class="large">Every documented response.</h1>');
    expect(body.match(/<article/g)).toHaveLength(1);
  });

  test.each(documents)('the console of the mock of $name offers every documented response', async (document) => {
    const { name } = document;
    const shown = json(await get(`/console/${name}.json`));
    for (const operation of document.operations) {
      const { path, method, parameters } = operation;
      const offered = answers.filter((answer) => answer.operation === operation);
      const wishes = offered.map(({ status, example }) => `code=${String(status)}, example=${example}`);
      const prefer = { name: 'Prefer', in: 'header', schema: { type: 'string', enum: wishes } };
      const offers = at(shown, 'paths', path, method, 'parameters');
      expect(Array.isArray(offers) ? offers : []).toHaveLength(parameters.length + 1);
      expect(at(shown, 'paths', path, method, 'parameters', String(parameters.length))).toMatchObject(prefer);
    }
    expect(shown, 'and the rest is unchanged').toMatchObject({
      components: document.document['components'],
    });
    expect((await get(`/console/${name}.yaml`)).body).toBe(document.source);
  });
});

describe('the mock responds to an invalid request as the real server does', () => {
  const json7 = { 'content-type': 'application/json' };
  test.each(
    contracts.flatMap(({ name, document }) => {
      const { method, path } = callOf(document);
      const spoilt: [string, WireCall][] = [
        ['nothing at all', { method, path }],
        ['malformed JSON', { method, path, headers: json7, body: '{' }],
        ['an empty object', { method, path, headers: json7, body: '{}' }],
        ['another media type', { method, path, headers: { 'content-type': 'text/plain' }, body: 'x' }],
        ['a body of 17 kB', { method, path, headers: json7, body: `{"a":"${'x'.repeat(17_000)}"}` }],
        [
          'an unknown charset',
          { method, path, headers: { 'content-type': 'application/json; charset=latin1' }, body: '{}' },
        ],
        ['two credentials', { method, path, headers: { authorization: ['a', 'b'] } }],
        ['another method', { method: 'DELETE', path }],
        ['another path', { method, path: `${path}/more` }],
      ];
      return spoilt.map(([what, wanted]) => ({ name, what, wanted }));
    }),
  )('the mock of $name responds to an invalid request like the server: $what', async ({ wanted }) => {
    const [mocked, served] = [await call(origin, wanted), await call(real.origin, wanted)];
    expect(comparable(mocked)).toEqual(comparable(served));
  });

  const bearer = { authorization: `Bearer ${adminToken}` };
  test.each<[string, WireCall]>([
    ['no token', { method: 'GET', path: '/sessions' }],
    ['no bearer token', { method: 'GET', path: '/sessions', headers: { authorization: 'Basic YTpi' } }],
    ['two tokens', { method: 'GET', path: '/sessions', headers: { authorization: ['Bearer a', 'Bearer b'] } }],
    ['a limit that is none', { method: 'GET', path: '/sessions?limit=many', headers: bearer }],
    ['no body', { method: 'POST', path: '/sessions', headers: bearer }],
    ['a body that lacks a member', { method: 'POST', path: '/sessions', headers: { ...bearer, ...json7 }, body: '{}' }],
    ['a form that lacks a member', { method: 'POST', path: '/introspection', headers: bearer, body: '' }],
    ['another method', { method: 'PATCH', path: '/subjects/alice', headers: bearer }],
    ['another path', { method: 'GET', path: '/nothing', headers: bearer }],
  ])('the mock of admin responds to an invalid request like the server: %s', async (_what, { path, ...rest }) => {
    const wanted = { ...rest, path: admin.basePath + path };
    const [mocked, served] = [await call(origin, wanted), await call(await real.adminOrigin(), wanted)];
    expect(comparable(mocked)).toEqual(comparable(served));
  });
});

describe('the command', () => {
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, ['scripts/mock.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, ended, stdout: () => stdout, stderr: () => stderr };
  };

  test('the mock prints a URL and a call for each response, and stops at SIGTERM', { timeout: 60_000 }, async () => {
    const { child, ended, stdout } = run('xerial', '--port', '0');
    await vi.waitUntil(() => stdout().includes('503'), { timeout: 50_000 });
    const [, printed = ''] = /# xerial: (http:\/\/127\.0\.0\.1:\d+)\/xerial\n/.exec(stdout()) ?? [];
    expect(stdout().match(/^curl /gm)).toHaveLength(answersOf(documentOf('xerial')).length);
    expect(stdout()).not.toContain('fib');
    expect((await call(printed, callOf(documentOf('xerial')))).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('the mock reports a port in use with one sentence', async () => {
    const { code, stderr } = await runHere(command, 'xerial', '--port', new URL(origin).port);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^mock: [^\n]*\b\d+; choose another with --port\.\n$/)]);
  });
});

describe('only the mock', () => {
  test('the mock lists the documented statuses with 404 for an unknown preference', async () => {
    const contract = documentOf('cloudreve');
    const answer = await call(origin, callOf(contract, 'code=418'));
    expect(answer).toMatchObject({ status: 404, body: 'refreshToken documents no 418; it has 200, 429, 503.\n' });
    for (const odd of ['0200', '0x191', '2e2', 'abc', '']) {
      const refused = await call(origin, callOf(contract, `code=${odd}`));
      expect(refused).toMatchObject({ status: 404, body: `refreshToken documents no ${odd}; it has 200, 429, 503.\n` });
    }
    const named = await call(origin, callOf(contract, 'example=missing'));
    expect(named.body).toMatch(/^refreshToken has no example missing; it has refreshed, invalidRequest, /);
    const readSubject = admin.operations.find(({ operationId }) => operationId === 'getSubject');
    const ofMany = await call(origin, callOf(admin, 'code=409', undefined, readSubject));
    expect(ofMany).toMatchObject({
      status: 404,
      body: 'getSubject documents no 409; it has 200, 400, 401, 404, 429, 500, 503.\n',
    });
  });

  test('the mock allows CORS from any origin, and exposes X-Request-Id and Retry-After', async () => {
    const { path } = callOf(documentOf('cloudreve'));
    const preflight = await call(origin, {
      method: 'OPTIONS',
      path,
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'PATCH' },
    });
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': '*' } });
    const answer = await call(origin, callOf(documentOf('cloudreve')));
    expect(answer.headers['access-control-expose-headers']).toBe('X-Request-Id,Retry-After');
  });

  test.each([
    ['code=401', { code: 401, example: undefined }],
    ['code=0401', { code: '0401', example: undefined }],
    ['code=', { code: '', example: undefined }],
    ['code="401"; example="unauthorized"', { code: 401, example: 'unauthorized' }],
    ['dynamic=true, example=refreshed', { code: undefined, example: 'refreshed', dynamic: true }],
    ['', { code: undefined, example: undefined }],
  ])('the mock parses the preference %j', (header, preference) => {
    expect(preferenceOf(header)).toEqual(preference);
  });
});

function documentOf(wanted: string): ContractDocument {
  const found = documents.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`unknown document ${wanted}`);
  return found;
}

function isCall(line: string): boolean {
  return line.startsWith('curl ');
}

/** Returns a response without members that differ between requests. */
function comparable(answer: WireAnswer): WireAnswer {
  const { headers, status, body } = withoutCors(answer);
  const { date: _date, 'x-request-id': requestId = 'none', ...same } = headers;
  return {
    status,
    body: body.replaceAll(requestId, '(request id)'),
    headers: { ...same, 'x-request-id': String(requestId.length) },
  };
}
