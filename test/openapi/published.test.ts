// The YAML has everything that the five published documents have, and states every addition.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { loadDocuments, openapiFolder, type ContractDocument } from '../../src/http/documents.ts';
import { readPublished } from './published/read.ts';
import { misfit } from './schema.ts';

const names = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'];
const documents = loadDocuments(openapiFolder).filter(({ name }) => names.includes(name));

test('every published document has a transcription and a YAML', () => {
  expect(documents.map(({ name }) => name)).toEqual(names);
});

describe.each(documents)('$name', (document: ContractDocument) => {
  const published = readPublished(document.name);
  const yaml = readFileSync(document.file, 'utf8');
  const [operation] = document.operations;
  if (!operation) throw new Error('no operation');
  const statuses = published.replies.map(({ status }) => status);

  test('a document has the published method and path', () => {
    expect([operation.method, operation.path]).toEqual([published.request.method, published.request.path]);
  });

  test('the published request fits, and without a body has its token in Authorization', () => {
    expect(misfit(operation.request?.schema, published.request.body)).toBeUndefined();
    expect(operation.credentialHeader).toBe(operation.request ? undefined : 'authorization');
  });

  test('a document has every published status, and adds only 429 and 503', () => {
    const added = [...operation.responses.keys()].filter((status) => !statuses.includes(status));
    expect(statuses.filter((status) => !operation.responses.has(status))).toEqual([]);
    expect(added).toEqual([429, 503]);
  });

  test('the added responses state that they are additions', () => {
    const leads = yaml.split(/^ {8}'(?=429|503)/m).slice(1);
    expect(leads).toHaveLength(2);
    for (const lead of leads)
      expect(lead.replace(/\s+/g, ' ')).toContain('an addition of ours and not in the published document');
  });

  test.each(published.replies.filter(({ body }) => body !== undefined))(
    'the published example of $status fits its schema',
    ({ status, body }) => {
      expect(misfit(operation.responses.get(status)?.schema, body)).toBeUndefined();
    },
  );

  test('a document has every published field name', () => {
    expect(published.fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(yaml))).toEqual([]);
    expect(published.fields).not.toEqual([]);
  });

  test('a document has every published example token and identifier', () => {
    const values = published.text.match(/eyJ[\w.-]+|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g) ?? [];
    expect(values.filter((value) => !yaml.includes(value))).toEqual([]);
    // KirjaSwappi's document has placeholders only.
    if (document.name === 'kirjaswappi') expect(values).toEqual([]);
    else expect(values.length).toBeGreaterThan(1);
  });

  test('a document has every published payload without placeholders as an example', () => {
    const examples = [...operation.responses.values()].flatMap((response) => [...response.examples.values()]);
    const payloads = [published.request, ...published.replies].flatMap(({ body }) =>
      body === undefined ? [] : [body],
    );
    const real = payloads.filter((payload) => !JSON.stringify(payload).includes('"string"'));
    const known = [operation.request?.example, ...examples];
    expect(real.filter((payload) => !known.some((example) => isDeepStrictEqual(example, payload)))).toEqual([]);
  });
});

test('the failures of fib have the messages of the published table', () => {
  const responses = documents.find(({ name }) => name === 'fib')?.operations[0]?.responses;
  for (const { status, description } of readPublished('fib').replies) {
    const [example] = responses?.get(status)?.examples.values() ?? [];
    expect(example).toMatchObject({ status: { code: status, message: description } });
  }
});
