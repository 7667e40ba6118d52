// Every document gets two headers, 429 and 503, unless it has its own.
import { describe, expect, test } from 'vitest';
import { parseDocument, type JsonObject } from '../../src/http/documents.ts';
import { ownContracts } from '../shared/contracts.ts';

/** A document with one operation that has these responses. */
function documentWith(responses: JsonObject, components: JsonObject = {}) {
  const text = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    servers: [{ url: '/x' }],
    paths: { '/a': { post: { operationId: 'refresh', responses } } },
    components,
  });
  return parseDocument('x', 'x.yaml', text);
}

const ok = { description: 'Done.', content: { 'application/json': { schema: { type: 'object' } } } };

describe('a document without headers, 429 and 503', () => {
  const document = documentWith({ '200': ok });
  const responses = document.operations[0]?.responses;

  test('gets 429 and 503 in plain text with Retry-After', () => {
    expect([...(responses?.keys() ?? [])]).toEqual([200, 429, 503]);
    for (const status of [429, 503]) {
      expect(responses?.get(status)).toMatchObject({ mediaType: 'text/plain' });
      expect(responses?.get(status)?.headers.get('Retry-After')?.required).toBe(true);
    }
  });

  test('gets X-Request-Id and Cache-Control on every response', () => {
    for (const { headers } of responses?.values() ?? []) {
      expect([...headers.keys()]).toEqual(expect.arrayContaining(['X-Request-Id', 'Cache-Control']));
    }
  });

  test('has the additions in the JSON that types, mock and validator read', () => {
    const text = JSON.stringify(document.document);
    expect(text.match(/"X-Request-Id"/g)).toHaveLength(3);
    expect(text).toContain('"503"');
  });
});

test("a document's own 429 and headers stay, in any case of their names", () => {
  const own = { ...ok, headers: { 'x-request-id': { schema: { type: 'integer' } } } };
  const { operations } = documentWith({ '200': own, '429': ok });
  expect(operations[0]?.responses.get(429)?.mediaType).toBe('application/json');
  expect([...(operations[0]?.responses.get(200)?.headers.keys() ?? [])]).toEqual(['x-request-id', 'Cache-Control']);
});

test('a shared response gets the headers where it is defined', () => {
  const reference = { $ref: '#/components/responses/Ok' };
  const { operations, document } = documentWith({ '200': reference }, { responses: { Ok: ok } });
  expect(operations[0]?.responses.get(200)?.headers.has('X-Request-Id')).toBe(true);
  expect(document['components']).toMatchObject({ responses: { Ok: { headers: { 'Cache-Control': {} } } } });
});

test('the published contracts document everything themselves', async () => {
  for (const { name, document } of await ownContracts()) {
    const added = JSON.stringify(document.document).includes('A cache must not store a response');
    expect(added, name).toBe(false);
  }
});
