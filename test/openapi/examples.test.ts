// The documents against themselves: every example fits, every answer declares what it carries.
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
  test('the example request fits its schema', () => {
    expect(misfit(operation.request?.schema, operation.request?.example)).toBeUndefined();
  });

  test('a request may carry members that nobody asked for', () => {
    const { request } = operation;
    // A text has no members; what its lines may have is a matter of test/admin/import-rows.test.ts.
    if (request && typeof request.example !== 'string')
      expect(misfit(request.schema, { ...Object(request.example), more: [1] })).toBeUndefined();
  });
});

describe.each(responses)('$name', ({ name, response }) => {
  test('has an example, and every example fits its schema', () => {
    expect(response.examples.size).toBeGreaterThan(0);
    for (const example of response.examples.values()) expect(misfit(response.schema, example)).toBeUndefined();
  });

  test('refuses an example with one member more', () => {
    for (const example of response.examples.values())
      if (typeof example === 'object') expect(misfit(response.schema, { ...example, more: 1 })).toBeDefined();
  });

  test('declares the headers that it carries', () => {
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

  test('is plain text where it was added, JSON where it was published, and a problem where it is an operator’s', () => {
    const { status, mediaType } = response;
    const isOurs = name.startsWith('admin ');
    const failure = isOurs ? 'application/problem+json' : 'application/json';
    const wanted = [429, 503].includes(status) && !isOurs ? 'text/plain' : status < 300 ? 'application/json' : failure;
    expect(mediaType).toBe(wanted);
  });
});
