// The mock: every documented answer of every contract on demand, and for what does not fit the real server's answer.
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { callsOf, createMock, type Mock } from '../../scripts/mock.ts';
import { preferenceOf } from '../../scripts/mock/front.ts';
import { loadContracts, type LoadedContract } from '../../src/compose.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { at } from '../shared/at.ts';
import { undocumented, withoutCors } from '../shared/documented.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { call, json, type WireAnswer, type WireCall } from '../shared/wire.ts';

const contracts = await loadContracts();
const answers = contracts.flatMap((contract) =>
  contract.document.operations.flatMap((operation) =>
    [...operation.responses.values()].flatMap(({ status, examples }) =>
      [...examples].map(([example, body]) => ({ contract, operation, name: contract.name, status, example, body })),
    ),
  ),
);

let mock: Mock;
let real: TestServer;
let origin: string;
beforeAll(async () => {
  mock = await createMock(contracts, false);
  origin = await mock.listen(0, '127.0.0.1');
  real = await startServer();
});
afterAll(async () => {
  await mock.close();
  await real.stop();
});

function callOf({ document }: LoadedContract, prefer?: string, accept?: string): WireCall {
  const [operation] = document.operations;
  if (operation === undefined) throw new Error(`${document.name} has no operation`);
  const { headers, ...rest } = exampleCall(document, operation);
  return { ...rest, headers: { ...headers, ...(prefer && { prefer }), ...(accept && { accept }) } };
}

describe('every documented answer can be had', () => {
  test.each(answers)('$name: $status, $example', async ({ contract, operation, status, example, body }) => {
    // Also by a front end that accepts JSON alone, and by the name of the example alone.
    for (const prefer of [`code=${String(status)}, example=${example}`, `example=${example}`]) {
      for (const accept of [undefined, 'application/json']) {
        const answer = await call(origin, callOf(contract, prefer, accept));
        expect(withoutCors(answer), prefer).toMatchObject({ status });
        expect(undocumented(operation, withoutCors(answer))).toEqual([]);
        expect(typeof body === 'string' ? answer.body : json(answer)).toEqual(body);
      }
    }
  });

  test.each(contracts)('$name: a success where nothing is preferred', async (contract) => {
    const answer = await call(origin, callOf(contract));
    const success = answers.find(({ name, status }) => name === contract.name && status === 200);
    expect(json(answer)).toEqual(success?.body);
  });

  test.each(contracts)('$name: values made up from the schema', async (contract) => {
    const [operation] = contract.document.operations;
    const answer = await call(origin, callOf(contract, 'dynamic=true'));
    expect(answer.status).toBe(200);
    if (operation !== undefined) expect(undocumented(operation, withoutCors(answer))).toEqual([]);
  });

  test('the printed calls are one for each', () => {
    expect(contracts.flatMap((contract) => callsOf(contract, origin))).toHaveLength(answers.length);
  });
});

describe('the console of the mock', () => {
  const get = (path: string) => call(origin, { method: 'GET', path });

  test('is titled as one, and speaks of no lifetime, key or demo session', async () => {
    for (const path of ['/', '/console/fib']) {
      const { status, body } = await get(path);
      expect(status).toBe(200);
      expect(body).toMatch(/<title>[^<]*Refract mock<\/title>/);
      expect(body).not.toMatch(/Policy|\/jwks\/|\/console\/demo\/|npm run mock/);
    }
  });

  test.each(contracts)('$name: offers every documented answer on every operation', async ({ name, document }) => {
    const shown = json(await get(`/console/${name}.json`));
    for (const { path, method, parameters } of document.operations) {
      const offered = answers.filter((answer) => answer.name === name);
      const wishes = offered.map(({ status, example }) => `code=${String(status)}, example=${example}`);
      const prefer = { name: 'Prefer', in: 'header', schema: { type: 'string', enum: wishes } };
      expect(at(shown, 'paths', path, method, 'parameters')).toMatchObject([...parameters, prefer]);
    }
    expect(json(await get(`/console/${name}.json`)), 'and the rest is as it was').toMatchObject({
      components: document.document['components'],
    });
    expect((await get(`/console/${name}.yaml`)).body).toBe(document.source);
  });
});

describe('what does not fit is answered like the real server answers it', () => {
  const json7 = { 'content-type': 'application/json' };
  test.each(
    contracts.flatMap((contract) => {
      const { method, path } = callOf(contract);
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
      return spoilt.map(([what, wanted]) => ({ name: contract.name, what, wanted }));
    }),
  )('$name: $what', async ({ wanted }) => {
    const [mocked, served] = [await call(origin, wanted), await call(real.origin, wanted)];
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

  test(
    'prints a URL and a call for each answer, serves, and stops when it is told to',
    { timeout: 60_000 },
    async () => {
      const { child, ended, stdout } = run('xerial', '--port', '0');
      await vi.waitUntil(() => stdout().includes('503'), { timeout: 50_000 });
      const [, printed = ''] = /# xerial: (http:\/\/127\.0\.0\.1:\d+)\/xerial\n/.exec(stdout()) ?? [];
      expect(stdout().match(/^curl /gm)).toHaveLength(answers.filter(({ name }) => name === 'xerial').length);
      expect(stdout()).not.toContain('fib');
      expect((await call(printed, callOf(contracts.find(({ name }) => name === 'xerial') ?? raise()))).status).toBe(
        200,
      );
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
  );

  test.each([
    [['nobody'], /^mock: There is no contract nobody; there are cloudreve, fib, [^\n]+\.\n$/],
    [['--port', 'many'], /^mock: --port must be from 0 to 65535, not many\.\n$/],
    [['--nonsense'], /^mock: Unknown option '--nonsense'[^\n]*\n$/],
  ])('%j is refused in one sentence', { timeout: 60_000 }, async (args, sentence) => {
    const { ended, stderr } = run(...args);
    expect(await ended).toBe(1);
    expect(stderr()).toMatch(sentence);
  });

  test('a port in use is told in one sentence', { timeout: 60_000 }, async () => {
    const { ended, stderr } = run('xerial', '--port', new URL(origin).port);
    expect(await ended).toBe(1);
    expect(stderr()).toMatch(/^mock: Another program listens on port \d+; choose another with --port\.\n$/);
  });
});

describe('what the mock has of its own', () => {
  test('an answer that no document has is 404 and says which there are', async () => {
    const [contract] = contracts;
    if (contract === undefined) throw new Error('no contract');
    const answer = await call(origin, callOf(contract, 'code=418'));
    expect(answer).toMatchObject({ status: 404, body: 'refreshToken documents no 418; it has 200, 429, 503.\n' });
    for (const odd of ['0200', '0x191', '2e2', 'abc', '']) {
      const refused = await call(origin, callOf(contract, `code=${odd}`));
      expect(refused).toMatchObject({ status: 404, body: `refreshToken documents no ${odd}; it has 200, 429, 503.\n` });
    }
    const named = await call(origin, callOf(contract, 'example=nobody'));
    expect(named.body).toMatch(/^refreshToken has no example nobody; it has refreshed, invalidRequest, /);
  });

  test('CORS is open, and a front end may read the request id and when to come back', async () => {
    const { path } = callOf(contracts[0] ?? raise());
    const preflight = await call(origin, {
      method: 'OPTIONS',
      path,
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'PATCH' },
    });
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': '*' } });
    const answer = await call(origin, callOf(contracts[0] ?? raise()));
    expect(answer.headers['access-control-expose-headers']).toBe('X-Request-Id,Retry-After');
  });

  test.each([
    ['code=401', { code: 401, example: undefined }],
    ['code=0401', { code: '0401', example: undefined }],
    ['code=', { code: '', example: undefined }],
    ['code="401"; example="unauthorized"', { code: 401, example: 'unauthorized' }],
    ['dynamic=true, example=refreshed', { code: undefined, example: 'refreshed' }],
    ['', { code: undefined, example: undefined }],
  ])('the preference %j is understood', (header, preference) => {
    expect(preferenceOf(header)).toEqual(preference);
  });
});

function raise(): never {
  throw new Error('there is no contract');
}

/** An answer without what differs from request to request. */
function comparable(answer: WireAnswer): WireAnswer {
  const { headers, status, body } = withoutCors(answer);
  const { date: _date, 'x-request-id': requestId = 'none', ...same } = headers;
  return {
    status,
    body: body.replaceAll(requestId, '(request id)'),
    headers: { ...same, 'x-request-id': String(requestId.length) },
  };
}
