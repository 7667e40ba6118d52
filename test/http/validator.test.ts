// What a validator sees of a document: what is no OpenAPI is refused, and an operation has all that it refers to.
import express, { type ErrorRequestHandler } from 'express';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseDocument } from '../../src/http/documents.ts';
import { listen } from '../../src/http/listening.ts';
import { checkReferences, validatorOf } from '../../src/http/validator.ts';

const operation = (operationId: string, schema: string): string => `
    post:
      operationId: ${operationId}
      requestBody: { required: true, content: { application/json: { schema: ${schema} } } }
      responses: { '204': { description: taken } }`;

/** Two operations; the second takes what the schema says. */
function documentWith(schema: string, components = '{}'): ReturnType<typeof parseDocument> {
  const text = `openapi: 3.1.0
info: { title: Two, version: 1.0.0 }
servers: [{ url: /two }]
components: ${components}
paths:
  /first:${operation('first', '{ type: object, required: [word], properties: { word: { type: string } } }')}
  /second:${operation('second', schema)}
`;
  return parseDocument('two', 'two.yaml', text);
}

/** The status with which the second operation answers a body. */
async function second(document: ReturnType<typeof documentWith>, body: unknown): Promise<number> {
  const app = express().use(express.json());
  const [, operation] = document.operations;
  if (operation === undefined) throw new Error('there is no second operation');
  const answer: ErrorRequestHandler = (thrown: { readonly status?: number }, _request, response, _next) => {
    response.sendStatus(thrown.status ?? 500);
  };
  app.post('/two/second', ...validatorOf(document, operation, '/two/second').steps, (_request, response) => {
    response.sendStatus(204);
  });
  app.use(answer);
  const server = createServer(app);
  const origin = await listen(server, 0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  return (await fetch(`${origin}/two/second`, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}

describe('an operation takes what the schema says that it refers to', () => {
  const word = '{ type: object, required: [word], properties: { word: { type: string } } }';
  test.for<[where: string, schema: string, components: string]>([
    ['straight', `{ $ref: '#/components/schemas/Word' }`, `{ schemas: { Word: ${word} } }`],
    [
      'through another',
      `{ $ref: '#/components/schemas/Through' }`,
      `{ schemas: { Through: { allOf: [{ $ref: '#/components/schemas/Word' }] }, Word: ${word} } }`,
    ],
  ])('%s', async ([, schema, components]) => {
    const document = documentWith(schema, components);
    expect(await second(document, { word: 'a' })).toBe(204);
    expect(await second(document, { word: 1 })).toBe(400);
    expect(await second(document, {})).toBe(400);
  });
});

test('a reference into another operation, to which the validator would hold nobody, is refused with one sentence', () => {
  const document = documentWith(`{ $ref: '#/paths/~1first/post/requestBody/content/application~1json/schema' }`);
  expect(() => {
    checkReferences(documentWith('{ type: object }'));
  }).not.toThrow();
  expect(() => {
    checkReferences(document);
  }).toThrow(/^two\.yaml: #\/paths\/~1first\/\S+ refers to no component; move there what it refers to\.$/);
});
