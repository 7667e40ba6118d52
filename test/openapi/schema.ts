/** Holds a value against a schema of a document; the answer is what is wrong with it, nothing if it fits. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonObject } from '../../src/http/documents.ts';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);

export function misfit(schema: JsonObject | undefined, value: unknown): string | undefined {
  if (schema === undefined) return value === undefined ? undefined : 'there is no schema for it';
  return ajv.validate(schema, value) ? undefined : ajv.errorsText();
}
