// An answer as it went over the wire, held against the document of its operation.
import type { DocumentedOperation } from '../../src/http/documents.ts';
import { misfit } from '../openapi/schema.ts';
import { json, type WireAnswer } from './wire.ts';

/** Headers of HTTP itself, which no OpenAPI document declares. */
const transport = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding']);

/** What of an answer its operation's document does not have. */
export function undocumented(operation: DocumentedOperation, answer: WireAnswer): string[] {
  const response = operation.responses.get(answer.status);
  if (response === undefined) return [`the status ${String(answer.status)}`];
  const found: string[] = [];
  const declared = new Map([...response.headers].map(([name, header]) => [name.toLowerCase(), header]));
  for (const name of Object.keys(answer.headers)) {
    if (!declared.has(name) && !transport.has(name)) found.push(`the header ${name}`);
  }
  for (const [name, { required, schema }] of declared) {
    const sent = answer.headers[name];
    if (sent === undefined && required) found.push(`the header ${name} is missing`);
    const value = schema['type'] === 'integer' ? Number(sent) : sent;
    if (sent !== undefined && misfit(schema, value) !== undefined) found.push(`the header ${name} is ${sent}`);
  }
  const mediaType = answer.headers['content-type']?.split(';')[0];
  if (mediaType !== response.mediaType) found.push(`the media type ${String(mediaType)}`);
  const body = response.mediaType === 'application/json' ? json(answer) : answer.body;
  const wrong = response.schema && misfit(response.schema, body);
  if (wrong !== undefined) found.push(`the body: ${wrong}`);
  return found;
}
