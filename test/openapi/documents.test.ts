// The loader: the parsed document, and each reason for a refusal, as one sentence with file and line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isDocumentError } from '../../src/errors.ts';
import { loadDocument, loadDocuments, openapiFolder, parseDocument } from '../../src/http/documents.ts';

const sound = `openapi: 3.1.0
servers:
  - url: https://tokens.example/v1/
paths:
  /refresh:
    post:
      operationId: refresh
      security:
        - token: []
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Request'
            examples:
              one: { value: { token: t } }
      responses:
        '200':
          description: Refreshed
          headers:
            X-Request-Id: { required: true, schema: { type: string } }
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Reply'
                description: The reply
              examples:
                one: { value: { code: 0 } }
components:
  securitySchemes:
    token: { type: apiKey, in: header, name: X-Token }
  schemas:
    Request: { type: object, required: [token], properties: { token: { $ref: '#/components/schemas/Token' } } }
    Reply: { type: object, properties: { code: { type: integer } } }
    Token: { type: string }
`;

test('parseDocument() inlines the references of the operations', () => {
  const document = parseDocument('sound', 'sound.yaml', sound);
  expect(document).toMatchObject({ name: 'sound', file: 'sound.yaml', basePath: '/v1' });
  const [operation] = document.operations;
  const { responses, ...rest } = operation ?? {};
  const ok = responses?.get(200);
  expect(rest).toEqual({
    operationId: 'refresh',
    line: 6,
    method: 'post',
    path: '/refresh',
    credentialHeader: 'x-token',
    isBearer: false,
    parameters: [],
    request: {
      mediaType: 'application/json',
      required: true,
      schema: { type: 'object', required: ['token'], properties: { token: { type: 'string' } } },
      example: { token: 't' },
    },
  });
  expect(ok).toMatchObject({
    status: 200,
    mediaType: 'application/json',
    schema: { type: 'object', description: 'The reply', properties: { code: { type: 'integer' } } },
    examples: new Map([['one', { code: 0 }]]),
  });
  expect(ok?.headers.get('X-Request-Id')).toEqual({ required: true, schema: { type: 'string' } });
});

test('the parsed file keeps its references, and shares no object', () => {
  const first = parseDocument('sound', 'sound.yaml', sound);
  const second = parseDocument('sound', 'sound.yaml', sound);
  expect(JSON.stringify(first.document)).toContain('"$ref":"#/components/schemas/Reply"');
  expect(first.document).not.toBe(second.document);
});

test('a constraint beside a reference applies in addition to it', () => {
  const { operations } = parseDocument('x', 'x.yaml', sound.replace('description: The reply', 'minProperties: 1'));
  const reply = { type: 'object', properties: { code: { type: 'integer' } } };
  expect(operations[0]?.responses.get(200)?.schema).toEqual({ minProperties: 1, allOf: [reply] });
});

test('an operation inherits the security of the document unless it has its own', () => {
  const own = sound.replace('      security:\n        - token: []\n', '');
  expect(parseDocument('x', 'x.yaml', own).operations[0]?.credentialHeader).toBeUndefined();
  const inherited = `${own}security: [{ token: [] }]\n`;
  expect(parseDocument('x', 'x.yaml', inherited).operations[0]?.credentialHeader).toBe('x-token');
});

test.each([
  ['broken YAML', 'operationId: refresh', 'operationId: "refresh', /^x\.yaml:\d+: the YAML is broken: .+\.$/],
  [
    'a member twice',
    'openapi: 3.1.0',
    'openapi: 3.1.0\nopenapi: 3.1.0',
    /^x\.yaml:2: the YAML is broken: .*unique.*\.$/,
  ],
  ['an anchor', 'Token: { type', 'Token: &token { type', 'x.yaml:36: the anchor &token is not supported; remove it.'],
  [
    'an anchor on a name',
    '    Token: {',
    '    &token Token: {',
    'x.yaml:36: the anchor &token is not supported; remove it.',
  ],
  [
    'a quote that is never closed',
    'token: { type: apiKey',
    'token: { type: "apiKey',
    /^x\.yaml:32: the YAML is broken: Missing closing .+\.$/,
  ],
  [
    'an anchor on a block',
    'securitySchemes:',
    'securitySchemes: &all',
    'x.yaml:31: the anchor &all is not supported; remove it.',
  ],
  ['a merge key', 'Token: {', 'Token: { <<: {},', 'x.yaml:36: the merge key << is not supported; write it out.'],
  [
    'a dangling reference',
    'schemas/Reply',
    'schemas/Replay',
    /^x\.yaml:26: .*Replay leads nowhere in this file; correct it\.$/,
  ],
  [
    'a reference to a file',
    '#/components/schemas/Reply',
    'other.yaml#/a',
    /^x\.yaml:26: .* leads nowhere in this file; correct it\.$/,
  ],
  [
    'a circular reference',
    'Token: { type: string }',
    "Token: { $ref: '#/components/schemas/Token' }",
    /back to itself; break the circle\.$/,
  ],
  ['no operationId', '      operationId: refresh\n', '', 'x.yaml:6: post /refresh has no operationId; give it one.'],
  [
    'no operation',
    /^ {4}post:/m,
    '    x-post:',
    'x.yaml:4: the document has no operation; describe one under `paths`.',
  ],
  [
    'an alias',
    'description: Refreshed',
    'description: *text',
    'x.yaml:20: the alias *text is not supported; write it out.',
  ],

  [
    'no OpenAPI document',
    /^[^]*$/,
    'just text',
    'x.yaml:1: this is not an OpenAPI 3.1 document; write `openapi: 3.1.0`.',
  ],
])('parseDocument() refuses %s with its line', (_, before, after, message) => {
  const text = sound.replace(before, after);
  expect(text).not.toBe(sound);
  expect(() => parseDocument('x', 'x.yaml', text)).toThrow(expect.toSatisfy(isDocumentError));
  expect(() => parseDocument('x', 'x.yaml', text)).toThrow(message);
});

test('a duplicate operationId is refused', () => {
  const text = sound.replace(
    'components:',
    '  /again:\n    get:\n      operationId: refresh\n      responses: {}\ncomponents:',
  );
  expect(() => parseDocument('x', 'x.yaml', text)).toThrow('the operationId refresh is taken already');
});

test('an unreadable document and an unreadable folder are refused by name', () => {
  expect(() => loadDocument('/nowhere/x.yaml')).toThrow(/^\/nowhere\/x\.yaml: cannot be read \(ENOENT/);
  expect(() => loadDocuments('/nowhere')).toThrow(expect.toSatisfy(isDocumentError));
});

test('loadDocuments() sorts by name and skips the linter configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'refract-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['b.yaml', 'a.yaml', 'redocly.yaml', 'house-rules.js']) writeFileSync(join(folder, name), sound);
  expect(loadDocuments(folder).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('the documents of this package all load', () => {
  const names = loadDocuments(openapiFolder).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial']));
});
