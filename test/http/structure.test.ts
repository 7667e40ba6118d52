// An invalid OpenAPI document is refused with one sentence and its line, and nothing else is printed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { findContract, loadContracts } from '../../src/app/contracts.ts';
import { loadDocuments, openapiFolder, parseDocument } from '../../src/http/documents.ts';
import { checkStructure } from '../../src/http/validator/structure.ts';
import { startServer } from '../shared/server.ts';

const text = readFileSync(join(openapiFolder, 'xerial.yaml'), 'utf8');

function edited(from: string | RegExp, to: string): ReturnType<typeof parseDocument> {
  const edit = text.replace(from, to);
  if (edit === text) throw new Error('the edit changes nothing');
  return parseDocument('xerial', 'xerial.yaml', edit);
}

/** The line of the first match. */
function lineOf(pattern: RegExp): number {
  return text.slice(0, text.search(pattern)).split('\n').length;
}

test.each(loadDocuments(openapiFolder))('$name is valid OpenAPI', (document) => {
  checkStructure(document);
});

test.each<[string, string | RegExp, string, RegExp, string]>([
  ['a title that is no text', /^ {2}title: .*/m, '  title: 5', /^ {2}title/m, 'info › title must be string'],
  [
    'a response without a description',
    /^( {8}'200':\n) +description: .*\n/m,
    '$1',
    /^ {8}'200'/m,
    "paths › /auth/refresh-tokens › post › responses › 200 must have required property 'description'",
  ],
  [
    'a member that means nothing',
    /^paths:/m,
    'pahts: {}\npaths:',
    /^openapi/m,
    'the document must NOT have unevaluated properties',
  ],
])('checkStructure() refuses %s', (_what, from, to, place, complaint) => {
  expect(() => {
    checkStructure(edited(from, to));
  }).toThrow(new RefractError('document', `xerial.yaml:${String(lineOf(place))}: ${complaint}.`));
});

test('a server with an invalid document does not start, and prints nothing', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => {
    printed.mockRestore();
  });
  const contract = findContract(await loadContracts(), 'xerial');
  const contracts = [{ ...contract, document: edited(/^ {2}title: .*/m, '  title: 5') }];
  await expect(startServer({ contracts })).rejects.toThrow(/^xerial\.yaml:\d+: info › title must be string\.$/);
  expect(printed).not.toHaveBeenCalled();
});
