// The additions to every document, each where the document has none of its own: two headers of every response, and 429 and
// 503 in plain text. Published clients of two contracts store any JSON body of a failure as if it were tokens.
import { isObject, pointerSteps, type Json, type JsonObject } from './source.ts';

/** In the order of a path item. */
export const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Adds to a parsed document, in place. Shared responses get the headers where they are defined. */
export function addCommonResponses(document: JsonObject): void {
  for (const item of members(document['paths'])) {
    const pathItem = resolve(document, item);
    for (const method of methods) {
      const operation = pathItem?.[method];
      if (isObject(operation)) addToOperation(document, operation);
    }
  }
}

function addToOperation(document: JsonObject, operation: JsonObject): void {
  const responses = isObject(operation['responses']) ? operation['responses'] : {};
  operation['responses'] = responses;
  responses['429'] ??= textResponse('Too many requests. Nothing was changed.');
  responses['503'] ??= textResponse('Temporarily unavailable. Nothing was changed, or a retry repeats the response.');
  for (const response of members(responses)) {
    const target = resolve(document, response);
    if (target !== undefined) addHeaders(target);
  }
}

/** Header names ignore case (RFC 9110 §5.1). */
function addHeaders(response: JsonObject): void {
  const headers = isObject(response['headers']) ? response['headers'] : {};
  response['headers'] = headers;
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (!names.includes('x-request-id')) headers['X-Request-Id'] = requestId();
  if (!names.includes('cache-control')) headers['Cache-Control'] = cacheControl();
}

// Each call returns a new object, because a document is written to in place.
const requestId = (): JsonObject => ({
  description: 'Identifies this response in the log of the server; new for every request.',
  required: true,
  schema: { type: 'string', format: 'uuid' },
});

const cacheControl = (): JsonObject => ({
  description: 'A cache must not store a response of this operation.',
  required: true,
  schema: { type: 'string', const: 'no-store' },
});

const textResponse = (description: string): JsonObject => ({
  description,
  headers: {
    'Retry-After': {
      description: 'Seconds to wait before the next attempt.',
      required: true,
      schema: { type: 'integer', minimum: 1 },
    },
  },
  content: { 'text/plain': { schema: { type: 'string' }, examples: { text: { value: description } } } },
});

function members(value: Json | undefined): readonly Json[] {
  return isObject(value) ? Object.values(value) : [];
}

/** Follows references within the document; `undefined` if one leads nowhere or in a circle. */
function resolve(document: JsonObject, value: Json | undefined, depth = 0): JsonObject | undefined {
  if (!isObject(value) || depth > 10) return undefined;
  const { $ref } = value;
  if (typeof $ref !== 'string') return value;
  const steps = pointerSteps($ref);
  if (steps.shift() !== '#') return undefined;
  const target = steps.reduce<Json | undefined>(
    (holder, step) => (isObject(holder) ? holder[step] : undefined),
    document,
  );
  return resolve(document, target, depth + 1);
}
