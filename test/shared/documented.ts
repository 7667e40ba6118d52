// Compares a response on the wire with the document of its operation.
import { misfit } from '../openapi/schema.ts';
import { json, type WireAnswer } from './wire.ts';

/** Headers of HTTP, which OpenAPI documents do not declare. */
const transport = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding']);

type Schema = Readonly<Record<string, unknown>>;

/** An operation's responses, from any reader of documents. */
export interface Responses {
  readonly responses: ReadonlyMap<
    number,
    {
      readonly mediaType: string | undefined;
      readonly schema: Schema | undefined;
      /** By name, as written. */
      readonly headers: ReadonlyMap<string, { readonly required: boolean; readonly schema: Schema }>;
    }
  >;
}

/** Returns the parts of a response that its operation's document does not describe. */
export function undocumented(operation: Responses, response: WireAnswer): string[] {
  const documented = operation.responses.get(response.status);
  if (documented === undefined) return [`the status ${String(response.status)}`];
  const found: string[] = [];
  const declared = new Map([...documented.headers].map(([name, header]) => [name.toLowerCase(), header]));
  for (const name of Object.keys(response.headers)) {
    if (!declared.has(name) && !transport.has(name)) found.push(`the header ${name}`);
  }
  for (const [name, { required, schema }] of declared) {
    const sent = response.headers[name];
    if (sent === undefined && required) found.push(`the header ${name} is missing`);
    const value = schema['type'] === 'integer' ? Number(sent) : sent;
    if (sent !== undefined && misfit(schema, value) !== undefined) found.push(`the header ${name} is ${sent}`);
  }
  const mediaType = response.headers['content-type']?.split(';')[0];
  if (mediaType !== documented.mediaType) found.push(`the media type ${String(mediaType)}`);
  const wrong = documented.schema && misfitOfBody(documented.schema, documented.mediaType, response);
  if (wrong !== undefined) found.push(`the body: ${wrong}`);
  return found;
}

function misfitOfBody(schema: Schema, mediaType: string | undefined, response: WireAnswer): string | undefined {
  if (mediaType?.endsWith('json') !== true) return misfit(schema, response.body);
  try {
    return misfit(schema, json(response));
  } catch {
    return 'it is not JSON';
  }
}

/** Returns a body without members that differ between requests. */
export function withoutSlots(body: unknown): unknown {
  const text = JSON.stringify(body, (name, value: unknown) =>
    name === 'correlation_id' || name === 'details' ? undefined : value,
  );
  return JSON.parse(text);
}

/** Returns a mock's response without its CORS headers. */
export function withoutCors(response: WireAnswer): WireAnswer {
  const headers = Object.entries(response.headers).filter(
    ([name]) => !name.startsWith('access-control-') && name !== 'vary',
  );
  return { ...response, headers: Object.fromEntries(headers) };
}
