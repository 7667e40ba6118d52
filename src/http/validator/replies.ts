// The validators of an operation's responses, by status.
import type { ResponseValidator } from 'express-openapi-validator/dist/middlewares/index.js';
import { componentsOf, objectIn } from '../documents/excerpt.ts';
import type { JsonObject } from '../documents/source.ts';

/** A request for which the validator has found the operation. */
export type FoundRequest = Parameters<ResponseValidator['_getOrBuildValidator']>[0] & {
  readonly openapi: { readonly _responseSchema?: { readonly responses: ResponsesOf } };
};
type ResponsesOf = Parameters<ResponseValidator['_getOrBuildValidator']>[1];

export type StatusValidator = ReturnType<ResponseValidator['_getOrBuildValidator']>[string];

/** Of each document, by the text of a response's schema with all that it refers to. */
const known = new WeakMap<JsonObject, Map<string, StatusValidator | undefined>>();

/**
 * Most operations of a document refuse with the same responses, which are compiled once for all of them.
 * @param apiDoc the operation's part of the document, as the validator prepared it for responses
 */
export function validatorsByStatus(
  reply: ResponseValidator,
  found: FoundRequest,
  apiDoc: object,
  document: JsonObject,
): Readonly<Record<string, StatusValidator>> {
  const ofDocument = known.get(document) ?? new Map<string, StatusValidator | undefined>();
  known.set(document, ofDocument);
  // It is JSON, with functions that the validator's own keywords call.
  const components = objectIn(apiDoc as JsonObject, 'components');
  const statuses = Object.entries(found.openapi._responseSchema?.responses ?? {}).map(([status, response]) => {
    // It is a member of the same JSON.
    const { content } = resolved(components, response as unknown as JsonObject);
    return { status, response, text: JSON.stringify([content, componentsOf(components, content ?? null)]) };
  });
  const fresh = new Map(statuses.filter(({ text }) => !ofDocument.has(text)).map((one) => [one.text, one]));
  const responses = Object.fromEntries([...fresh.values()].map(({ status, response }) => [status, response]));
  const built = reply._getOrBuildValidator(found, responses);
  for (const { status, text } of fresh.values()) ofDocument.set(text, built[status]);
  return Object.fromEntries(
    statuses.flatMap(({ status, text }) => {
      const validator = ofDocument.get(text);
      // A status without JSON has none.
      return validator === undefined ? [] : [[status, validator]];
    }),
  );
}

function resolved(components: JsonObject, response: JsonObject): JsonObject {
  const { $ref: reference } = response;
  return typeof reference === 'string'
    ? objectIn(objectIn(components, 'responses'), reference.slice(reference.lastIndexOf('/') + 1))
    : response;
}
