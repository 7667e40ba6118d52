// Validates a document against OpenAPI's own schema, before the validator does: that would print all violations, and a
// start reports the first one with its line.
import { OpenAPISchemaValidator } from 'express-openapi-validator/dist/framework/openapi.schema.validator.js';
import { RefractError } from '../../errors.ts';
import type { ContractDocument } from '../documents.ts';
import { withCache } from '../documents/cache.ts';
import { isObject, pointerSteps, Source, type JsonObject } from '../documents/source.ts';

/** A change of one of these invalidates the cache. */
const validatorFiles = [
  import.meta.url,
  import.meta.resolve('express-openapi-validator/package.json'),
  import.meta.resolve('ajv/package.json'),
];

let schema: OpenAPISchemaValidator | undefined;

/** @throws RefractError `document` that names file, line and member */
export function checkStructure(document: ContractDocument): void {
  const text = JSON.stringify(document.document);
  withCache({ name: `${document.name}-structure`, text, files: validatorFiles }, () => {
    validate(document);
    return true;
  });
}

function validate({ file, source, document }: ContractDocument): void {
  schema ??= new OpenAPISchemaValidator({ version: '3.1.0', validateApiSpec: false });
  // The package's type promises what this call checks.
  const { errors } = schema.validate(document as unknown as Parameters<OpenAPISchemaValidator['validate']>[0]);
  const [first] = errors ?? [];
  if (first === undefined) return;
  const [, ...members] = pointerSteps(first.instancePath);
  const path = members.length === 0 ? 'the document' : members.join(' › ');
  const line = lineOf(new Source(file, source), members);
  throw new RefractError('document', `${file}:${String(line)}: ${path} ${first.message ?? 'is not OpenAPI 3.1'}.`);
}

/** Returns the line of the deepest member that has one. */
function lineOf(source: Source, members: readonly string[]): number {
  let holder = source.root;
  let line = source.lineOf(holder, members[0] ?? 'openapi');
  for (const member of members) {
    line = source.lineOf(holder, member);
    const value = holder[member];
    if (Array.isArray(value)) holder = Object.fromEntries(value.entries()) satisfies JsonObject;
    else if (isObject(value)) holder = value;
    else break;
  }
  return line;
}
