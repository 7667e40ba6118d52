/** Holds a value against a schema of a document; the answer is what is wrong with it, nothing if it fits. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);
// OpenAPI's word for what JSON Schema calls `examples`.
ajv.addVocabulary(['example']);

export function misfit(schema: Readonly<Record<string, unknown>> | undefined, value: unknown): string | undefined {
  if (schema === undefined) return value === undefined ? undefined : 'there is no schema for it';
  return ajv.validate(schema, value) ? undefined : ajv.errorsText();
}
