// The validators of replies, by status.
import type { ResponseValidator } from 'express-openapi-validator/dist/middlewares/index.js';
import { componentsOf, objectIn } from '../documents/excerpt.ts';
import type { JsonObject } from '../documents/source.ts';

/** A request for which the package has found its operation. */
export type RequestWithOperation = Parameters<ResponseValidator['_getOrBuildValidator']>[0] & {
  readonly openapi: { readonly _responseSchema?: { readonly responses: Responses } };
};
type Responses = Parameters<ResponseValidator['_getOrBuildValidator']>[1];

export type StatusValidator = ReturnType<ResponseValidator['_getOrBuildValidator']>[string];

/** By document, then by the JSON of the response's content with its components. */
const compiled = new WeakMap<JsonObject, Map<string, StatusValidator | undefined>>();

/**
 * Returns the validators of an operation's replies, by status. Most operations of a document share their failures, which
 * are compiled once.
 * @param apiDoc the operation's excerpt, preprocessed for responses
 */
export function replyValidators(
  validator: ResponseValidator,
  request: RequestWithOperation,
  apiDoc: object,
  document: JsonObject,
): Readonly<Record<string, StatusValidator>> {
  const known = compiled.get(document) ?? new Map<string, StatusValidator | undefined>();
  compiled.set(document, known);
  // JSON, except for functions that the package's own keywords call.
  const components = objectIn(apiDoc as JsonObject, 'components');
  const statuses = Object.entries(request.openapi._responseSchema?.responses ?? {}).map(([status, response]) => {
    // A part of the same JSON.
    const { content } = resolve(components, response as unknown as JsonObject);
    const text = JSON.stringify([content, componentsOf(components, content ?? null)]);
    return { status, response, text };
  });
  const fresh = new Map(statuses.filter(({ text }) => !known.has(text)).map((one) => [one.text, one]));
  const responses = Object.fromEntries([...fresh.values()].map(({ status, response }) => [status, response]));
  const built = validator._getOrBuildValidator(request, responses);
  for (const { status, text } of fresh.values()) known.set(text, built[status]);
  return Object.fromEntries(
    statuses.flatMap(({ status, text }) => {
      // A status without JSON has no validator.
      const statusValidator = known.get(text);
      return statusValidator === undefined ? [] : [[status, statusValidator]];
    }),
  );
}

function resolve(components: JsonObject, response: JsonObject): JsonObject {
  const { $ref: reference } = response;
  return typeof reference === 'string'
    ? objectIn(objectIn(components, 'responses'), reference.slice(reference.lastIndexOf('/') + 1))
    : response;
}
