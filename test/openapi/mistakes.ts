// Mistakes that a designer can make in a document.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openapiFolder } from '../../src/http/documents.ts';

/** A document without a mistake. */
export const sound = readFileSync(join(openapiFolder, 'xerial.yaml'), 'utf8');

/** The same operation at another path, with the same operationId. */
const again = sound
  .slice(sound.indexOf('  /auth/refresh-tokens:'), sound.indexOf('components:\n'))
  .replace('/auth', '/a');
const reply = (schema: string): RegExp => new RegExp(`application/json(?=:\n.*\n.*${schema}')`);

/** The changed text (first occurrence), its replacement, a text of the reported line, and the advice of the finding. */
export const mistakes: Readonly<
  Record<string, readonly [before: string | RegExp, after: string, where: string, todo: RegExp]>
> = {
  'a quote that is never closed': [
    'version: 1.0.0',
    'version: "1.0.0',
    'version: "1.0.0',
    /the YAML is broken: .*; fix this line or the one above\.$/,
  ],
  'an indentation that fits nothing': [/^ {2}title/m, '   title', 'version: 1.0.0', /broken: .*; fix this line/],
  'a tab for an indentation': [/^ {2}title/m, '\ttitle', '\ttitle', /broken: Tabs .*; fix this line/],
  'a member twice': ['  version:', '  version: 1\n  version:', '  version: 1.0.0', /broken: .*unique; fix this line/],
  'no OpenAPI document': [/^[^]*$/, 'just text\n', 'just text', /write `openapi: 3\.1\.0`/],
  'an empty file': [/^[^]*$/, '', '', /write `openapi: 3\.1\.0`/],
  'OpenAPI 3.0': ['openapi: 3.1.0', 'openapi: 3.0.3', 'openapi: 3.0.3', /write `openapi: 3\.1\.0`/],
  'a reference that leads nowhere': ["schemas/Refreshed'", "schemas/Refresht'", 'Refresht', /correct it, or add what/],
  'a reference to a header that leads nowhere': ["RetryAfter'", "RetryAftr'", 'RetryAftr', /correct it, or add what/],
  'a reference to another file': [
    "'#/components/schemas/Refreshed'",
    "'b.yaml#/x'",
    'b.yaml',
    /correct it, or add what/,
  ],
  'an operationId twice': [
    'components:\n',
    `${again}components:\n`,
    'operationId',
    /an `operationId` of its own; another operation has this one/,
  ],
  'no operationId': [/^ +operationId: .*\n/m, '', 'post:', /Give the operation an `operationId`/],
  'an anchor': ['    Token:\n', '    Token: &token\n', 'Token: &token', /Remove the anchor &token and write out/],
  'an anchor with its aliases': [
    /X-Request-Id:\n( +\$ref.*\n)([^]*?X-Request-Id:)\n +\$ref.*\n/,
    'X-Request-Id: &id\n$1$2 *id\n',
    'X-Request-Id: &id',
    /Remove the anchor &id and write out what its aliases stand for \(line \d+\)\.$/,
  ],
  'an anchor that is merged elsewhere': [
    /(^ +published:)\n([^]*?)(?=^ {6}responses)/m,
    '$1 &one\n$2              other:\n                <<: *one\n',
    'published: &one',
    /Remove the anchor &one and write out what its aliases stand for \(line \d+\)\.$/,
  ],
  'an alias of nothing': [
    'description: Both tokens, new.',
    'description: *text',
    '*text',
    /is not supported; write it out/,
  ],
  'a merge key': [
    '              published:',
    '              <<: {}\n              published:',
    '<<: {}',
    /Write out what/,
  ],
  'any media type in a reply': [reply('Unauthorized'), "'*/*'", "'*/*'", /Name the media type instead of a wildcard/],
  'any media type in a request': [
    reply('RefreshRequest'),
    "'*/*'",
    "'*/*'",
    /Name the media type instead of a wildcard/,
  ],
  'any media type in a 429': ['text/plain', "'*/*'", "'*/*'", /Name the media type instead of a wildcard/],
  'no example of a reply': [/examples:\n +unauthorized:\n(?: {18}.*\n)+/, '\n', 'application/json', /named example/],
  'no example of the request': [/examples:\n +published:\n(?: {16}.*\n)+/, '\n', 'application/json', /named example/],
  'a second server': ['servers:\n', 'servers:\n  - { url: /b, description: x }\n', '/b', /exactly one server/],
  'no server': [/servers:\n.*\n.*\n/, '', 'openapi: 3.1.0', /exactly one server/],
  'a base path of nothing': ['url: /xerial', 'url: /', 'url: /', /a base path of its own.* for example `\/example`/],
  'a host without a base path': ['url: /xerial', 'url: https://a.example', 'url: https', /a base path of its own/],
  'a base path with a slash at its end': [
    'url: /xerial',
    'url: /xerial/',
    'url: /xerial/',
    /without .* trailing slash/,
  ],
  'a default response': ["'500':", 'default:', 'default:', /Name each status by its three digits/],
  'a default response for 503': ["'503':", 'default:', 'default:', /Name each status by its three digits/],
  'a range of statuses': ["'500':", "'5XX':", "'5XX':", /Name each status by its three digits/],
  'no 429': ["'429':", "'428':", 'responses:', /Document 429 with a body of text\/plain/],
  'a reply that is left open': [/additionalProperties: false(?=\n.*\n.*\n +token)/, 'title: T', 'Token:', /Close this/],
  'a header that may be missing': [
    'required: true\n      schema:\n        type: integer',
    'schema:\n        type: integer',
    'RetryAfter:',
    /Declare the header Retry-After with `required: true`/,
  ],
};
