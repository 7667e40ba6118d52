// What the replies of a document's operations are held against.
import type { ResponseValidator } from 'express-openapi-validator/dist/middlewares/index.js';
import { componentsOf, objectIn } from '../documents/excerpt.ts';
import type { JsonObject } from '../documents/source.ts';

/** A request for which the validator has found its operation. */
export type FoundRequest = Parameters<ResponseValidator['_getOrBuildValidator']>[0] & {
  readonly openapi: { readonly _responseSchema?: { readonly responses: ResponsesOf } };
};
type ResponsesOf = Parameters<ResponseValidator['_getOrBuildValidator']>[1];

export type OfStatus = ReturnType<ResponseValidator['_getOrBuildValidator']>[string];

/** Of each document, by what a response may be, with all that it refers to. */
const repliesOfDocuments = new WeakMap<JsonObject, Map<string, OfStatus | undefined>>();

/**
 * What replies of an operation are held against, by status. Most operations of a document refuse in the same words, which
 * are compiled once for all of them.
 * @param apiDoc the operation's part of the document, as the validator has it for replies
 */
export function ofStatuses(
  reply: ResponseValidator,
  found: FoundRequest,
  apiDoc: object,
  document: JsonObject,
): Readonly<Record<string, OfStatus>> {
  const known = repliesOfDocuments.get(document) ?? new Map<string, OfStatus | undefined>();
  repliesOfDocuments.set(document, known);
  // Of JSON alone, but for functions that the validator's own keywords call.
  const all = objectIn(apiDoc as JsonObject, 'components');
  const statuses = Object.entries(found.openapi._responseSchema?.responses ?? {}).map(([status, response]) => {
    // A member of the same.
    const { content } = resolved(all, response as unknown as JsonObject);
    const text = JSON.stringify([content, componentsOf(all, content ?? null)]);
    return { status, response, text };
  });
  const fresh = new Map(statuses.filter(({ text }) => !known.has(text)).map((one) => [one.text, one]));
  const responses = Object.fromEntries([...fresh.values()].map(({ status, response }) => [status, response]));
  const built = reply._getOrBuildValidator(found, responses);
  for (const { status, text } of fresh.values()) known.set(text, built[status]);
  return Object.fromEntries(
    statuses.flatMap(({ status, text }) => {
      const one = known.get(text);
      // A status without JSON has none.
      return one === undefined ? [] : [[status, one]];
    }),
  );
}

/** As the validator resolves the response of a status. */
function resolved(all: JsonObject, response: JsonObject): JsonObject {
  const { $ref: reference } = response;
  return typeof reference === 'string'
    ? objectIn(objectIn(all, 'responses'), reference.slice(reference.lastIndexOf('/') + 1))
    : response;
}
