// The linter: the documents pass, and one planted violation of each rule is reported with file and line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openapiFolder } from '../../src/http/documents.ts';
import { lintDocuments, rulesFile } from '../../scripts/lint-openapi.ts';

const sound = readFileSync(join(openapiFolder, 'xerial.yaml'), 'utf8');
const rules = readFileSync(rulesFile, 'utf8').replace('./house-rules.js', join(openapiFolder, 'house-rules.js'));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'refract-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

test('the linter has no finding in the documents', async () => {
  expect(await lintDocuments()).toEqual([]);
});

const parameter =
  '      parameters:\n        - { in: header, name: authorization, description: x, schema: { type: string } }\n';

// The planted violation, and a text of the line on which it is reported.
test.each([
  ['house/no-shared-nodes', '    Token:\n', '    Token: &token\n', 'Token: &token', 'Remove the anchor'],
  [
    'house/no-shared-nodes',
    'examples:\n              published',
    'examples:\n              <<: {}\n              published',
    '<<: {}',
    'merge key',
  ],
  ['house/example-for-every-body', /examples:\n +unauthorized:\n(?: {18}.*\n)+/, '\n', 'application/json:', 'example'],
  [
    'house/closed-responses',
    /additionalProperties: false(?=\n.*\n.*\n +token)/,
    'title: Token',
    'Token:',
    'Close this object',
  ],
  ['house/response-headers', /( {12}Cache-Control:\n.*\n)(?= +content:\n +application)/, '', "'200':", 'Cache-Control'],
  [
    'house/response-headers',
    'required: true\n      schema:\n        type: integer',
    'schema:\n        type: integer',
    'RetryAfter:',
    'Retry-After',
  ],
  ['house/throttled-and-unavailable', /text\/plain(?=[^]*'503')/, 'application/json', "'429':", 'text/plain'],
  ['house/throttled-and-unavailable', /'503':/, "'502':", 'responses:', 'Document 503'],
  ['operation-operationId', /^ +operationId: .*\n/m, '', 'post:', 'operationId'],
  ['rule/title', 'title: Xerial auth tokens', "title: ''", "title: ''", 'title'],
  [
    'rule/authorization-is-a-security-scheme',
    '      requestBody:\n',
    `${parameter}      requestBody:\n`,
    'authorization',
    'security scheme',
  ],
  ['rule/exact-media-type', /application\/json(?=:\n.*\n.*Unauthorized)/, "'*/*'", "'*/*':", 'wildcard'],
  ['rule/exact-status', "'500':", 'default:', 'default:', 'three digits'],
  ['rule/exact-status', "'500':", "'5XX':", "'5XX':", 'three digits'],
  ['rule/one-server', 'servers:\n', 'servers:\n  - { url: /two, description: x }\n', 'url: /two', 'exactly one server'],
  ['rule/base-path', 'url: /xerial', 'url: /', 'url: /', 'base path'],
  ['rule/base-path', 'url: /xerial', 'url: https://tokens.example', 'url: https', 'base path'],
])('the linter reports a violation of %s', async (rule, before, after, where, message) => {
  const text = sound.replace(before, after);
  expect(text).not.toBe(sound);
  const file = join(folder, 'xerial.yaml');
  writeFileSync(file, text);
  const findings = (await lintDocuments(folder)).filter((finding) => finding.rule === rule);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ file, message: expect.stringContaining(message) });
  expect(text.split('\n')[(findings[0]?.line ?? 0) - 1]).toContain(where);
});

test.each([
  ['rules:\n', 'rulez:\n'],
  ['house/closed-responses:', 'house/closed-response:'],
  ['operation-operationId:', 'operation-operationID:'],
  ['notPattern:', 'notpattern:'],
  ['rule/title:', 'rules/title:'],
  ['- recommended', '- recommendet'],
  ['plugins:', 'plugin:'],
])('a misspelt rule is a lint finding: %j written as %j', async (before, after) => {
  const file = join(folder, 'rules.yaml');
  writeFileSync(file, rules.replace(before, after));
  const findings = await lintDocuments(openapiFolder, file);
  expect(findings.length).toBeGreaterThan(0);
  expect(findings[0]?.file).toBe(file);
});

test('a document that the loader refuses is a lint finding', async () => {
  const file = join(folder, 'x.yaml');
  writeFileSync(file, sound.replace('/auth/refresh-tokens:', '/auth/refresh tokens:'));
  const message = expect.stringContaining('the path /auth/refresh tokens cannot be served');
  expect(await lintDocuments(folder)).toEqual([{ file, line: expect.any(Number), rule: 'loader', message }]);
});

test('broken YAML is a lint finding with its line', async () => {
  writeFileSync(join(folder, 'x.yaml'), sound.replace('version: 1.0.0', 'version: "1.0.0'));
  expect(await lintDocuments(folder)).toMatchObject([{ rule: 'loader', message: expect.stringContaining('broken') }]);
});
