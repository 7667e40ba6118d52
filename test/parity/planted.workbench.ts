// The kit finds a difference planted in one target, in that target only.
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadContracts, type LoadedContract } from '../../src/app/contracts.ts';
import { parseDocument } from '../../src/http/documents.ts';
import type { WireReply } from '../../src/http/types.ts';
import { changeReplies } from '../shared/changed-replies.ts';
import type { WireAnswer } from '../shared/wire.ts';
import { casesOf } from './cases.ts';
import { createParityKit, targets, type ParityOptions, type Target } from './kit.ts';

const contracts = await loadContracts();

function named(name: string): LoadedContract {
  const one = contracts.find((contract) => contract.name === name);
  if (one === undefined) throw new Error(`there is no contract ${name}`);
  return one;
}

/** The contract with another text of its document. */
function edited(name: string, from: string, to: string): LoadedContract {
  const { document, contract } = named(name);
  const text = readFileSync(document.file, 'utf8');
  expect(text).toContain(from);
  return { name, contract, document: parseDocument(name, document.file, text.replace(from, to)) };
}

/** Returns the differences of each target for one response, such as `fib 404 notFound`. */
async function found(answer: string, options: ParityOptions): Promise<Record<Target, string[]>> {
  const kit = createParityKit([named(answer.split(' ')[0] ?? '')], options);
  onTestFinished(() => kit.stop());
  const wanted = kit.cases.find(({ name }) => name === answer);
  if (wanted === undefined) throw new Error(`no document has ${answer}`);
  const differences = { server: [''], mock: [''], proxy: [''] };
  for (const target of targets) differences[target] = await kit.differences(wanted, target);
  return differences;
}

describe('a server', () => {
  test.each<[string, (reply: WireReply) => WireReply, string]>([
    [
      'fib 404 notFound',
      (reply) => (reply.status === 404 ? { ...reply, status: 422 } : reply),
      'the status is 422 instead of 404, with {"status":{"code":404,"name":"Not Found","message":"User not found."}}',
    ],
    [
      'fib 401 unauthorized',
      (reply) => ({ ...reply, body: { status: { code: 401, name: 'Unauthorized', message: 'No.' } } }),
      'the body is {"status":{"code":401,"message":"No.","name":"Unauthorized"}} instead of ',
    ],
    [
      'fib 500 internalServerError',
      (reply) => ({ ...reply, body: { status: { code: 500 } } }),
      "the body: data/status must have required property 'name'",
    ],
    [
      'fib 429 throttled',
      (reply) => ({ ...reply, headers: { 'Retry-After': 'soon' } }),
      'the header retry-after is soon',
    ],
    [
      'fib 429 throttled',
      (reply) => ({ ...reply, headers: { 'Retry-After': '1.0' } }),
      'the header retry-after is 1.0',
    ],
    ['fib 503 unavailable', (reply) => ({ ...reply, headers: {} }), 'the header retry-after is missing'],
    [
      'cloudreve 200 invalidToken',
      (reply) => ({ ...reply, body: { ...(reply.body as object), code: 40001 } }),
      'the body is {"code":40001,"msg":"The refresh token is not valid."} instead of {"code":40020,',
    ],
    [
      'cloudreve 200 refreshed',
      ({ body, ...reply }) => ({ ...reply, body: { data: (body as { data: unknown }).data, code: 0 } }),
      'the body is {"code":"number","data":{',
    ],
  ])('a changed response of the server is found: %s', async (answer, change, difference) => {
    const { server, mock } = await found(answer, {
      served: [changeReplies(named(answer.split(' ')[0] ?? ''), change)],
    });
    expect(server).toEqual([expect.stringContaining(`${answer}, server: ${difference}`)]);
    expect(mock).toEqual([]);
  });
});

describe('a mock', () => {
  test.each([
    [
      'xerial 401 unauthorized',
      ['message: Please Authenticate', 'message: Please log in'],
      'the body is {"code":401,"message":"Please log in"} instead of {"code":401,"message":"Please Authenticate"}',
    ],
    ['xerial 500 internalServerError', ['internalServerError:', 'broken:'], 'the status is 404 instead of 500, with '],
    [
      'cloudreve 200 invalidToken',
      ['code: 40020', 'code: 40001'],
      'the body is {"code":40001,"msg":"The refresh token is not valid."} instead of {"code":40020,',
    ],
    [
      'xerial 503 unavailable',
      ["unavailable:\n                  value: 'Temporarily", "unavailable:\n                  value: 'Briefly"],
      'the body is "Briefly unavailable.',
    ],
  ])('a mock of an edited document is found: %s', async (answer, [from = '', to = ''], difference) => {
    const { server, mock, proxy } = await found(answer, {
      mocked: [edited(answer.split(' ')[0] ?? '', from, to)],
    });
    expect(mock).toEqual([expect.stringContaining(`${answer}, mock: ${difference}`)]);
    expect([server, proxy]).toEqual([[], []]);
  });
});

describe('a proxy', () => {
  test.each<[string, (answer: WireAnswer) => WireAnswer, string]>([
    [
      'kirjaswappi 404 userNotFound',
      (answer) => ({ ...answer, headers: { ...answer.headers, 'x-powered-by': 'planted' } }),
      'the header x-powered-by',
    ],
    [
      'kirjaswappi 401 invalidRefreshToken',
      (answer) => ({ ...answer, body: '{"garbage":true}' }),
      'the status is 500 instead of 401, with {"type":"https://stoplight.io/prism/errors#VIOLATIONS"',
    ],
    [
      'kirjaswappi 200 refreshed',
      (answer) => ({ ...answer, body: '{"jwtToken":7}' }),
      'the status is 500 instead of 200, with {"type":"https://stoplight.io/prism/errors#VIOLATIONS"',
    ],
    [
      'kirjaswappi 400 validationFailed',
      (answer) => ({ ...answer, status: 418 }),
      'the status is 418 instead of 400, with {',
    ],
    [
      'kirjaswappi 503 unavailable',
      ({ headers: { 'retry-after': _gone, ...headers }, ...answer }) => ({ ...answer, headers }),
      'the status is 500 instead of 503, with {"type":"https://stoplight.io/prism/errors#VIOLATIONS"',
    ],
    [
      'kirjaswappi 404 userNotFound',
      (answer) => ({ ...answer, body: 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl' }),
      'the status is 500 instead of 404, with ',
    ],
    [
      'kirjaswappi 429 throttled',
      (answer) => ({ ...answer, body: 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl' }),
      'the body is "(token)" instead of "Too many requests.',
    ],
  ])('a proxy before a server with an undocumented response is found: %s', async (answer, alter, difference) => {
    const { server, mock, proxy } = await found(answer, { alter });
    expect(proxy[0]).toContain(`${answer}, proxy: ${difference}`);
    expect([server, mock]).toEqual([[], []]);
  });

  test('a proxy that replaces an undocumented 500 by another error is found', async () => {
    const { proxy } = await found('kirjaswappi 500 internalServerError', {
      alter: (answer) => ({ ...answer, body: '{"garbage":true}' }),
    });
    expect(proxy).toContain('kirjaswappi 500 internalServerError, proxy: the media type application/problem+json');
  });
});

describe('a new response of a document', () => {
  test.each([
    ['a status', "        '500':", "        '403':\n          description: No.\n        '500':", 'xerial 403'],
    [
      'a second example of a status',
      '                unauthorized:',
      '                expired:\n                  value: { code: 401, message: Expired }\n                unauthorized:',
      'xerial 401 expired',
    ],
  ])('a new response without a cause in the table fails: %s', async (_what, from, to, name) => {
    const kit = createParityKit([edited('xerial', from, to)]);
    onTestFinished(() => kit.stop());
    const [added, ...others] = kit.cases.filter((one) => one.name === name);
    if (added === undefined || others.length > 0) throw new Error(`${name} is not compared`);
    for (const target of ['server', 'proxy'] as const) {
      await expect(kit.differences(added, target)).rejects.toThrow(
        `${name} is documented, and there is no way to provoke it: name its cause in test/parity/cases.ts.`,
      );
    }
  });

  test('the kit compares every documented response', () => {
    for (const contract of contracts) {
      const written = readFileSync(contract.document.file, 'utf8').match(/^ {8}'\d{3}':$/gm) ?? [];
      const statuses = new Set(casesOf([contract]).map(({ status }) => `        '${String(status)}':`));
      expect([...statuses].sort()).toEqual([...written].sort());
    }
    expect(casesOf(contracts).filter(({ name }) => name.startsWith('cloudreve 200'))).toHaveLength(4);
  });
});
