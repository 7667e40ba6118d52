// Validates values against the schemas of a document.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);
// OpenAPI's keyword for the `examples` of JSON Schema.
ajv.addVocabulary(['example']);

/** Validates a value against a schema of a document. @returns the errors, `undefined` if it fits */
export function misfit(schema: Readonly<Record<string, unknown>> | undefined, value: unknown): string | undefined {
  if (schema === undefined) return value === undefined ? undefined : 'the document has no schema for it';
  return ajv.validate(schema, value) ? undefined : ajv.errorsText();
}
