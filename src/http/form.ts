// A body of application/x-www-form-urlencoded by RFC 6749 §3.2: names are flat, a parameter without a value counts as
// omitted, and a repeated one is refused.
import type { RequestHandler } from 'express';
import type { DocumentedOperation } from './documents.ts';
import { isObject, type JsonObject } from './documents/source.ts';
import type { Violation } from './types.ts';

export const formMediaType = 'application/x-www-form-urlencoded';

export class RepeatedParameter extends Error {
  readonly violations: readonly Violation[];
  constructor(names: readonly string[]) {
    super('a parameter was sent more than once');
    this.violations = names.map((target) => ({ target, problem: 'must be sent once' }));
  }
}

/** Parses the text of the body. @throws RepeatedParameter for a parameter of the document */
export function formOf({ request: documented }: DocumentedOperation): RequestHandler {
  const known = memberNames(documented?.schema);
  return (request, _response, next) => {
    // Express types a body as `any`; a missing one is undefined.
    const body = request.body as unknown;
    const sent = [...new URLSearchParams(typeof body === 'string' ? body : '')];
    // Unknown parameters are ignored, and may be repeated: RFC 8707 §2 repeats `resource`.
    const repeated = [...known].filter((name) => sent.filter(([one]) => one === name).length > 1);
    if (repeated.length > 0) throw new RepeatedParameter(repeated);
    request.body = Object.fromEntries(sent.filter(([, value]) => value !== ''));
    next();
  };
}

/** The names of a schema's members, those of combined schemas included. */
function memberNames(schema: JsonObject | undefined): Set<string> {
  const { properties, allOf, oneOf, anyOf } = schema ?? {};
  const below = [allOf, oneOf, anyOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const nested = below.flatMap((one) => [...memberNames(isObject(one) ? one : undefined)]);
  return new Set([...(isObject(properties) ? Object.keys(properties) : []), ...nested]);
}
