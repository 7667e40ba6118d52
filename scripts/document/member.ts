/**
 * The way into a document that the loader has read already.
 */
import type { JsonObject } from '../../src/http/documents.ts';

/** The object of that name. @throws Error where there is none, which the loader would have refused */
export function memberOf(holder: JsonObject, name: string): JsonObject {
  const member = holder[name];
  if (typeof member !== 'object' || member === null || Array.isArray(member)) throw new Error(`there is no ${name}`);
  return member;
}
