// Holds a document against OpenAPI's own schema, before the validator does: that would print all it finds, and what is
// to be told is the first of it, with its line.
import { OpenAPISchemaValidator } from 'express-openapi-validator/dist/framework/openapi.schema.validator.js';
import { RefractError } from '../../errors.ts';
import type { ContractDocument } from '../documents.ts';
import { remembered } from '../documents/remembered.ts';
import { isObject, Source, type JsonObject } from '../documents/source.ts';

/** What judges it. */
const judges = [
  import.meta.url,
  import.meta.resolve('express-openapi-validator/package.json'),
  import.meta.resolve('ajv/package.json'),
];

let schema: OpenAPISchemaValidator | undefined;

/** @throws RefractError `document` that names file, line and place */
export function checkStructure(document: ContractDocument): void {
  const text = JSON.stringify(document.document);
  remembered({ name: `${document.name}-structure`, text, files: judges }, () => {
    check(document);
    return true;
  });
}

function check({ file, source, document }: ContractDocument): void {
  schema ??= new OpenAPISchemaValidator({ version: '3.1.0', validateApiSpec: false });
  // Whether it is the document that the type promises is what is asked here.
  const { errors } = schema.validate(document as unknown as Parameters<OpenAPISchemaValidator['validate']>[0]);
  const [first] = errors ?? [];
  if (first === undefined) return;
  // Members as JSON pointers have them (RFC 6901 §4).
  const steps = first.instancePath.split('/').slice(1);
  const members = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const place = members.length === 0 ? 'the document' : members.join(' › ');
  const line = lineOf(new Source(file, source), members);
  throw new RefractError(
    'document',
    `${file}:${String(line)}: ${place} ${first.message ?? 'is not as OpenAPI 3.1 has it'}.`,
  );
}

/** The line of the last member on the way that has one. */
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
