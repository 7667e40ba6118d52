// The validator of an operation: references, and replies that operations share.
import express, { type ErrorRequestHandler } from 'express';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseDocument } from '../../src/http/documents.ts';
import { listen } from '../../src/http/listening.ts';
import { checkReferences, operationValidator } from '../../src/http/validator/operation.ts';

const operation = (operationId: string, schema: string): string => `
    post:
      operationId: ${operationId}
      requestBody: { required: true, content: { application/json: { schema: ${schema} } } }
      responses: { '204': { description: taken } }`;

/** Two operations; the body of the second has the given schema. */
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

/** Returns the status of the second operation for a body. */
async function second(document: ReturnType<typeof documentWith>, body: unknown): Promise<number> {
  const app = express().use(express.json());
  const [, operation] = document.operations;
  if (operation === undefined) throw new Error('there is no second operation');
  const answer: ErrorRequestHandler = (thrown: { readonly status?: number }, _request, response, _next) => {
    response.sendStatus(thrown.status ?? 500);
  };
  app.post('/two/second', ...operationValidator(document, operation, '/two/second').steps, (_request, response) => {
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

describe('a request is validated against a referenced schema', () => {
  const word = '{ type: object, required: [word], properties: { word: { type: string } } }';
  test.for<[where: string, schema: string, components: string]>([
    ['straight', `{ $ref: '#/components/schemas/Word' }`, `{ schemas: { Word: ${word} } }`],
    [
      'through another',
      `{ $ref: '#/components/schemas/Through' }`,
      `{ schemas: { Through: { allOf: [{ $ref: '#/components/schemas/Word' }] }, Word: ${word} } }`,
    ],
  ])('a request is validated against a schema that is referenced %s', async ([, schema, components]) => {
    const document = documentWith(schema, components);
    expect(await second(document, { word: 'a' })).toBe(204);
    expect(await second(document, { word: 1 })).toBe(400);
    expect(await second(document, {})).toBe(400);
  });
});

test('checkReferences() refuses a reference into another operation', () => {
  const document = documentWith(`{ $ref: '#/paths/~1first/post/requestBody/content/application~1json/schema' }`);
  expect(() => {
    checkReferences(documentWith('{ type: object }'));
  }).not.toThrow();
  expect(() => {
    checkReferences(document);
  }).toThrow(/^two\.yaml: #\/paths\/~1first\/\S+ refers to no component; move its target there\.$/);
});

describe('operations with the same failures validate their own replies', () => {
  const text = `openapi: 3.1.0
info: { title: Shared, version: 1.0.0 }
servers: [{ url: /shared }]
components:
  responses: { Refused: { description: refused, content: { application/json: { schema: { $ref: '#/components/schemas/Why' } } } } }
  schemas:
    Why: { type: object, additionalProperties: false, required: [why], properties: { why: { type: string } } }
paths:
  /words:
    get:
      operationId: words
      responses:
        '200': { description: a word, content: { application/json: { schema: { type: string } } } }
        '400': { $ref: '#/components/responses/Refused' }
        '404': { $ref: '#/components/responses/Refused' }
  /numbers:
    get:
      operationId: numbers
      responses:
        '200': { description: a number, content: { application/json: { schema: { type: integer } } } }
        '204': { description: none }
        '400': { description: the same, content: { application/json: { schema: { $ref: '#/components/schemas/Why' } } } }
`;
  const document = parseDocument('shared', 'shared.yaml', text);

  /** Returns the message for an invalid reply of an operation. */
  async function misfit(path: string, status: number, body: unknown): Promise<string | undefined> {
    const operation = document.operations.find((one) => one.path === path);
    if (operation === undefined) throw new Error(`there is no ${path}`);
    const { steps, checkReply } = operationValidator(document, operation, `/shared${path}`);
    const app = express().get(`/shared${path}`, ...steps, (request, response) => {
      try {
        checkReply(request, status, body);
        response.sendStatus(204);
      } catch (reason) {
        response.send(reason instanceof Error ? reason.message : String(reason));
      }
    });
    const server = createServer(app);
    const origin = await listen(server, 0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
    });
    const answer = await fetch(`${origin}/shared${path}`, { headers: { connection: 'close' } });
    return answer.status === 204 ? undefined : answer.text();
  }

  test.for<[path: string, status: number, fits: unknown, wrong: unknown]>([
    ['/words', 200, 'a', 1],
    ['/words', 400, { why: 'a' }, { why: 1 }],
    ['/words', 404, { why: 'a' }, {}],
    ['/numbers', 200, 1, 'a'],
    ['/numbers', 204, undefined, {}],
    ['/numbers', 400, { why: 'a' }, { why: 'a', more: 1 }],
  ])('the reply of %s with %i is validated against its own schema', async ([path, status, fits, wrong]) => {
    expect(await misfit(path, status, fits)).toBeUndefined();
    expect(await misfit(path, status, wrong)).toMatch(/./);
  });

  test('a status of another operation is undocumented', async () => {
    expect(await misfit('/numbers', 404, { why: 'a' })).toMatch(/no schema defined for status code/);
  });
});
