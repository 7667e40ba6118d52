// An answer as it went over the wire, held against the document of its operation.
import { misfit } from '../openapi/schema.ts';
import { json, type WireAnswer } from './wire.ts';

/** Headers of HTTP itself, which no OpenAPI document declares. */
const transport = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding']);

type Schema = Readonly<Record<string, unknown>>;

/** An operation's responses, as any reader of documents has them. */
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

/** What of an answer its operation's document does not have. */
export function undocumented(operation: Responses, answer: WireAnswer): string[] {
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
  const wrong = response.schema && misfitOfBody(response.schema, response.mediaType, answer);
  if (wrong !== undefined) found.push(`the body: ${wrong}`);
  return found;
}

function misfitOfBody(schema: Schema, mediaType: string | undefined, answer: WireAnswer): string | undefined {
  if (mediaType?.endsWith('json') !== true) return misfit(schema, answer.body);
  try {
    return misfit(schema, json(answer));
  } catch {
    return 'it is not JSON';
  }
}

/** A body without what differs from request to request. */
export function withoutSlots(body: unknown): unknown {
  const text = JSON.stringify(body, (name, value: unknown) =>
    name === 'correlation_id' || name === 'details' ? undefined : value,
  );
  return JSON.parse(text);
}

/** A mock's answer without what opens it to any page. */
export function withoutCors(answer: WireAnswer): WireAnswer {
  const headers = Object.entries(answer.headers).filter(
    ([name]) => !name.startsWith('access-control-') && name !== 'vary',
  );
  return { ...answer, headers: Object.fromEntries(headers) };
}
