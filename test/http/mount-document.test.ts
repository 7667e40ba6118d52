// A document without an adapter: its failures come from its own responses.
import { describe, expect, test } from 'vitest';
import { parseDocument, type JsonObject } from '../../src/http/documents.ts';
import { exampleOfSchema } from '../../src/http/example-call.ts';
import { mountDocument } from '../../src/http/mount-document.ts';
import type { HttpFailure } from '../../src/http/types.ts';

const context = { requestId: 'id', violations: [], retryAfter: 7 };

/** Returns the replies of an operation with these JSON responses: one example for each name. */
function repliesOf(examples: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>) {
  const responses = Object.entries(examples).map(([status, named]) => {
    const values = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, { value }]));
    return [status, { description: 'x', content: { 'application/json': { schema: {}, examples: values } } }];
  });
  const document = parseDocument(
    'x',
    'x.yaml',
    JSON.stringify({
      openapi: '3.1.0',
      servers: [{ url: '/x' }],
      paths: { '/a': { post: { operationId: 'refresh', responses: Object.fromEntries(responses) } } },
    }),
  );
  const mounted = mountDocument(document).operations.get('refresh');
  return (kind: HttpFailure) => mounted?.failure(kind, context);
}

describe('a failure gets the documented response of its status', () => {
  const reply = repliesOf({
    '200': { ok: { a: 1 } },
    '401': { no: { b: 2 } },
    '422': { bad: { c: 3 } },
    '500': { fault: { d: 4 } },
  });

  test.for([
    ['violation', { status: 422, body: { c: 3 } }],
    ['noCredential', { status: 401, body: { b: 2 } }],
    ['fault', { status: 500, body: { d: 4 } }],
    ['throttled', { status: 429, headers: { 'Retry-After': 7 } }],
  ] as const)('%s', ([kind, expected]) => {
    expect(reply(kind)).toMatchObject(expected);
  });
});

test('a failure without its status gets another refusal of the document', () => {
  expect(repliesOf({ '200': { ok: {} }, '401': { no: { b: 2 } } })('violation')).toMatchObject({ status: 401 });
});

test('an envelope with one status responds with its last example', () => {
  expect(repliesOf({ '200': { ok: { code: 0 }, bad: { code: 4 } } })('violation')).toMatchObject({ body: { code: 4 } });
});

test.for<[schema: JsonObject, value: unknown]>([
  [{ type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: {} } }, { a: 'string' }],
  [{ type: ['integer', 'null'], minimum: 3 }, 3],
  [{ enum: ['x', 'y'] }, 'x'],
  [{ oneOf: [{ const: 1 }, { const: 2 }] }, 1],
  [
    {
      allOf: [
        { required: ['a'], properties: { a: { const: 1 } } },
        { type: 'object', properties: {} },
      ],
    },
    { a: 1 },
  ],
  [{ type: 'array', items: { type: 'boolean' } }, [true]],
  [{ type: 'string', examples: ['e'] }, 'e'],
])('exampleOfSchema() of %j', ([schema, value]) => {
  expect(exampleOfSchema(schema)).toEqual(value);
});
