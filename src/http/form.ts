// A body of application/x-www-form-urlencoded as RFC 6749 §3.2 reads it: flat strings, a parameter without a value is
// none, a repeated one is refused. What a parser of nested names would make of `a[]=` or `[a]=` never happens.
import type { RequestHandler } from 'express';
import type { DocumentedOperation } from './documents.ts';
import { isObject, type JsonObject } from './documents/source.ts';
import type { Violation } from './types.ts';

export const formMediaType = 'application/x-www-form-urlencoded';

/** A parameter that was sent more than once. */
export class RepeatedParameter extends Error {
  readonly violations: readonly Violation[];
  constructor(names: readonly string[]) {
    super('a parameter was sent more than once');
    this.violations = names.map((target) => ({ target, problem: 'must be sent once' }));
  }
}

/** Puts the members in the place of the text that was read. @throws RepeatedParameter for one that the document has */
export function formOf({ request: documented }: DocumentedOperation): RequestHandler {
  const known = memberNames(documented?.schema);
  return (request, _response, next) => {
    // Express types a body as `any`; where there was none to read, it is no text.
    const body = request.body as unknown;
    const sent = [...new URLSearchParams(typeof body === 'string' ? body : '')];
    // Only what is known: RFC 8707 §2 repeats `resource`, and what a document does not have is ignored.
    const repeated = [...known].filter((name) => sent.filter(([one]) => one === name).length > 1);
    if (repeated.length > 0) throw new RepeatedParameter(repeated);
    request.body = Object.fromEntries(sent.filter(([, value]) => value !== ''));
    next();
  };
}

/** The members that a schema gives a name, wherever in it. */
function memberNames(schema: JsonObject | undefined): Set<string> {
  const { properties, allOf, oneOf, anyOf } = schema ?? {};
  const below = [allOf, oneOf, anyOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const nested = below.flatMap((one) => [...memberNames(isObject(one) ? one : undefined)]);
  return new Set([...(isObject(properties) ? Object.keys(properties) : []), ...nested]);
}
