// The documents' own consistency: every example fits its schema, and every response declares its headers.
import { describe, expect, test } from 'vitest';
import { loadDocuments, openapiFolder } from '../../src/http/documents.ts';
import { misfit } from './schema.ts';

const operations = loadDocuments(openapiFolder).flatMap((document) =>
  document.operations.map((operation) => ({ name: `${document.name} ${operation.operationId}`, operation })),
);
const responses = operations.flatMap(({ name, operation }) =>
  [...operation.responses.values()].map((response) => ({ name: `${name} ${String(response.status)}`, response })),
);

describe.each(operations)('$name', ({ operation }) => {
  test('the example request of an operation fits its schema', () => {
    expect(misfit(operation.request?.schema, operation.request?.example)).toBeUndefined();
  });

  test('the request of an operation may have unknown members', () => {
    const { request } = operation;
    // A text has no members; test/admin/import-rows.test.ts covers its lines.
    if (request && typeof request.example !== 'string')
      expect(misfit(request.schema, { ...Object(request.example), more: [1] })).toBeUndefined();
  });
});

describe.each(responses)('$name', ({ name, response }) => {
  test('a response has an example, and every example fits its schema', () => {
    expect(response.examples.size).toBeGreaterThan(0);
    for (const example of response.examples.values()) expect(misfit(response.schema, example)).toBeUndefined();
  });

  test('the schema of a response refuses an example with an unknown member', () => {
    for (const example of response.examples.values())
      if (typeof example === 'object') expect(misfit(response.schema, { ...example, more: 1 })).toBeDefined();
  });

  test('a response declares its headers', () => {
    const { headers, status } = response;
    const required = [...headers].filter(([, header]) => header.required).map(([name]) => name);
    const waiting = status === 429 || status === 503 ? ['Retry-After'] : [];
    expect(required).toEqual(['X-Request-Id', 'Cache-Control', ...waiting]);
    expect(misfit(headers.get('X-Request-Id')?.schema, 'not a uuid')).toBeDefined();
    expect(misfit(headers.get('Cache-Control')?.schema, 'no-store')).toBeUndefined();
    expect(misfit(headers.get('Cache-Control')?.schema, 'private')).toBeDefined();
    if (waiting.length > 0) expect(misfit(headers.get('Retry-After')?.schema, 0)).toBeDefined();
    expect(headers.has('WWW-Authenticate')).toBe(false);
  });

  test('a response has the media type of its origin: added, published or admin', () => {
    const { status, mediaType } = response;
    const isAdmin = name.startsWith('admin ');
    const failure = isAdmin ? 'application/problem+json' : 'application/json';
    const wanted = [429, 503].includes(status) && !isAdmin ? 'text/plain' : status < 300 ? 'application/json' : failure;
    expect(mediaType).toBe(wanted);
  });
});
