// The generator: this tree is current, each kind of difference is named, and unsupported documents are refused.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { loadDocument, openapiFolder, parseDocument } from '../../src/http/documents.ts';
import { generateContract, generatedFolder, run as command } from '../../scripts/generate.ts';
import { bundleConsole } from '../../scripts/generate/console.ts';
import { contracts } from '../shared/refreshing.ts';
import { runHere } from './run-here.ts';

let generated: string;
let lines: string[];
const run = async (options: string[], documents = openapiFolder): Promise<number> => {
  const ran = await runHere((args, output) => command(args, output, { documents, generated }), ...options);
  lines = ran.stdout.split('\n').slice(0, -1);
  return ran.code;
};

beforeEach(() => {
  lines = [];
  generated = mkdtempSync(join(tmpdir(), 'refract-'));
  cpSync(generatedFolder, generated, { recursive: true });
  onTestFinished(() => rmSync(generated, { recursive: true }));
});

test('the generated files of this tree match their documents', async () => {
  expect([await run(['--check']), lines]).toEqual([0, []]);
});

test('generate --check names stale, missing and superfluous files, and writes nothing', async () => {
  writeFileSync(join(generated, 'fib.ts'), 'export {};\n');
  rmSync(join(generated, 'xerial.client.ts'));
  writeFileSync(join(generated, 'forgotten.ts'), 'export {};\n');
  expect(await run(['--check'])).toBe(1);
  expect(lines).toEqual([
    'generated/fib.ts does not match its document; run `npm run generate`.',
    'generated/xerial.client.ts is missing; run `npm run generate`.',
    'generated/forgotten.ts belongs to no document; run `npm run generate` to remove it.',
  ]);
  expect(readFileSync(join(generated, 'fib.ts'), 'utf8')).toBe('export {};\n');
  expect(readdirSync(generated)).toContain('forgotten.ts');
});

test('generate fixes all differences and reports each', async () => {
  writeFileSync(join(generated, 'fib.ts'), 'export {};\n');
  rmSync(join(generated, 'xerial.client.ts'));
  writeFileSync(join(generated, 'forgotten.ts'), 'export {};\n');
  expect(await run([])).toBe(0);
  expect(lines).toEqual([
    'removed generated/forgotten.ts',
    'wrote generated/fib.ts',
    'wrote generated/xerial.client.ts',
  ]);
  expect(await run(['--check'])).toBe(0);
});

test('generate produces the same bytes for the same document', async () => {
  const document = loadDocument(join(openapiFolder, 'cloudreve.yaml'));
  expect(await generateContract(document)).toEqual(await generateContract(document));
});

test('the order in which a document lists its schemas does not matter', async () => {
  const text = readFileSync(join(openapiFolder, 'xerial.yaml'), 'utf8');
  const schema = /^ {4}Unauthorized:\n(?: {6}.*\n)+/m.exec(text)?.[0] ?? '';
  const moved = text.replace(schema, '').replace('  schemas:\n', `  schemas:\n${schema}`);
  expect(moved).not.toBe(text);
  const [one, other] = [text, moved].map((yaml) => generateContract(parseDocument('xerial', 'xerial.yaml', yaml)));
  expect(await one).toEqual(await other);
});

test('generate --check finds an edited document', async () => {
  const documents = mkdtempSync(join(tmpdir(), 'refract-'));
  onTestFinished(() => rmSync(documents, { recursive: true }));
  cpSync(openapiFolder, documents, { recursive: true });
  const file = join(documents, 'kirjaswappi.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('jwtToken', 'token'));
  expect(await run(['--check'], documents)).toBe(1);
  expect(lines).toEqual(['generated/kirjaswappi.ts does not match its document; run `npm run generate`.']);
});

test('generate reports an invalid document with one sentence', async () => {
  const documents = mkdtempSync(join(tmpdir(), 'refract-'));
  onTestFinished(() => rmSync(documents, { recursive: true }));
  writeFileSync(join(documents, 'x.yaml'), 'openapi: 3.1.0\n');
  expect(await run([], documents)).toBe(1);
  expect(lines).toEqual([
    `${join(documents, 'x.yaml')}:1: the document has no operation; describe one under \`paths\`.`,
  ]);
});

const documented = (operation: string, schemes = '') => `openapi: 3.1.0
info: { title: T, version: 1.0.0 }
servers: [{ url: /t }]
paths:
  /refresh:
    post:
      operationId: refresh
${operation}
      responses: { '204': { description: Done } }
components:
  securitySchemes: { ${schemes} }
`;
const body = (schema: string) =>
  documented(`      requestBody: { required: true, content: { application/json: { schema: { ${schema} } } } }`);
const strings = 'token: { type: string }, device: { type: string }';

test.each([
  [
    'needs another member',
    body(`type: object, required: [token, device], properties: { ${strings} }`),
    'needs "device" beside "token"',
  ],
  [
    'has no required member',
    body(`type: object, properties: { ${strings} }`),
    'has no required member that is a string',
  ],
  [
    'takes the token as a number',
    body('required: [token], properties: { token: { type: integer } }'),
    'has no required member that is a string',
  ],
  ['has no place for a token', documented(''), 'has neither a header nor a body for the token'],
  [
    'needs a query parameter',
    documented('      parameters: [{ in: query, name: device, required: true, schema: { type: string } }]'),
    'needs the parameter "device"',
  ],
  [
    'needs a body beside the header',
    documented(
      `      security: [{ token: [] }]
      requestBody: { required: true, content: { application/json: { schema: { required: [device] } } } }`,
      'token: { type: apiKey, in: header, name: X-Token }',
    ),
    'needs a body beside the header',
  ],
])('a client has no refresh(), with the reason, if the request %s', async (_, text, reason) => {
  const { client } = await generateContract(parseDocument('t', 't.yaml', text));
  expect(client).toContain(`// No refresh(): the request ${reason}`);
  expect(client).not.toContain('refresh:');
});

test('generate accepts an optional member of a request', async () => {
  const text = body(`type: object, required: [token], properties: { ${strings} }`);
  expect((await generateContract(parseDocument('my-api', 't.yaml', text))).client).toMatch(
    /createMyApiClient[^]*body: \{ token: refreshToken \}/,
  );
});

test('the client sends a member with a fixed value, and a form as a form', async () => {
  const fixed = body(
    `type: object, required: [kind, n, token], properties: { kind: { type: string, const: a }, n: { enum: [1] }, ${strings} }`,
  );
  const form = fixed.replace('application/json', 'application/x-www-form-urlencoded');
  const [asJson, asForm] = await Promise.all(
    [fixed, form].map(async (text) => (await generateContract(parseDocument('t', 't.yaml', text))).client),
  );
  expect(asJson).toMatch(/body: \{ kind: 'a', n: 1, token: refreshToken \}/);
  expect(asJson).not.toContain('headers:');
  expect(asForm).toMatch(
    /body: \{ kind: 'a', n: 1, token: refreshToken \},\s+headers: \{ 'Content-Type': 'application\/x-www-form-urlencoded' \}/,
  );
});

test('a document with several operations gets a client without `refresh`', async () => {
  const text = documented('').replace('components:', '  /b: { get: { operationId: b, responses: {} } }\ncomponents:');
  expect((await generateContract(parseDocument('t', 't.yaml', text))).client).toContain('return { client };');
});

test('generated types import nothing, and a client only openapi-fetch and its types', () => {
  for (const file of readdirSync(generatedFolder).filter((name) => name.endsWith('.ts'))) {
    const imported = [...readFileSync(join(generatedFolder, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, from]) => from,
    );
    const allowed = file.endsWith('.client.ts') ? ['openapi-fetch', `./${file.replace('.client', '')}`] : [];
    expect(imported).toEqual(allowed);
  }
});

describe('the scripts of the console', () => {
  const bundles = (): string[] => readdirSync(join(generatedFolder, 'console'));
  const read = (file: string): string => readFileSync(join(generatedFolder, 'console', file), 'utf8');

  test('generate writes a console script for each page and each session', () => {
    const sessions = contracts.map((name) => `session-${name}.js`);
    expect(bundles()).toEqual([...sessions, 'copy.js', 'session.js', 'status.js', 'try-it.js'].sort());
    for (const name of contracts) expect(read(`session-${name}.js`)).toContain(`name: "${name}"`);
  });

  test('console scripts import only the shared script and contain no local path', () => {
    for (const file of bundles()) {
      const imported = [...read(file).matchAll(/\bfrom ["']([^"']+)["']/g)].map(([, from]) => from);
      expect([file, imported]).toEqual([file, file.startsWith('session-') ? ['./session.js'] : []]);
      expect(read(file)).not.toContain(dirname(dirname(generatedFolder)));
    }
  });

  test('console scripts exclude a contract without a client', async () => {
    const document = { ...loadDocument(join(openapiFolder, 'xerial.yaml')), name: 'acme' };
    expect([...(await bundleConsole([document], new Map())).keys()]).toEqual([
      'console/copy.js',
      'console/status.js',
      'console/try-it.js',
    ]);
  });

  test('console scripts use the generated client that is passed, not the file', async () => {
    const documents = mkdtempSync(join(tmpdir(), 'refract-'));
    onTestFinished(() => rmSync(documents, { recursive: true }));
    cpSync(openapiFolder, documents, { recursive: true });
    const file = join(documents, 'xerial.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('/auth/refresh-tokens:', '/auth/other-tokens:'));
    expect(await run([], documents)).toBe(0);
    expect(lines).toContain('wrote generated/console/session-xerial.js');
    expect(readFileSync(join(generated, 'console', 'session-xerial.js'), 'utf8')).toContain('/auth/other-tokens');
    expect(lines).not.toContain('wrote generated/console/session.js');
  });
});
