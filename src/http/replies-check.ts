// Validates the replies of an adapter against its document at start. While serving, the validator sees no status from 500
// up, no failure, no plain text and no header; those replies are constants, so one check is enough.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RefractError } from '../errors.ts';
import type { DocumentedOperation, JsonObject } from './documents.ts';
import { isObject } from './documents/source.ts';
import { commonHeaders } from './send.ts';
import type { FailureContext, Mount, Violation, WireReply } from './types.ts';

const requestId = '00000000-0000-4000-8000-000000000000';

/** A reply to a violation may depend on the violation: a context for each rule that a member can violate. */
function contextsOf({ request }: DocumentedOperation): FailureContext[] {
  const properties = request?.schema['properties'];
  const members = isObject(properties) ? Object.keys(properties) : [];
  const violations: Violation[] = members.flatMap((target) =>
    ['required', 'type', 'const', 'enum'].map((rule) => ({ target, problem: 'is a sample', rule })),
  );
  return [{ target: 'body', problem: 'is a sample' }, ...violations].map((violation) => ({
    requestId,
    violations: [violation],
    retryAfter: 1,
  }));
}

/**
 * Checks that every operation has a handler and every sample reply is valid by its document, including headers.
 * @throws RefractError `document` that names file, operation, reply and place
 */
export function checkReplies({ document, operations }: Mount): void {
  compiledTexts = new Map();
  const fail = (what: string): never => {
    throw new RefractError('document', `${document.file}: ${what}`);
  };
  for (const operation of document.operations) {
    refuseUnusableSchemas(operation, fail);
    const mounted = operations.get(operation.operationId);
    if (mounted === undefined)
      return fail(`the operation ${operation.operationId} has no handler in the adapter of ${document.name}.`);
    const { headers, body } = mounted.sampleSuccess;
    const isServed = mounted.samples({ requestId, violations: [], retryAfter: 1 }).size > 0;
    if (isServed && (headers !== undefined || typeof body === 'string')) {
      fail(`${operation.operationId} grants with headers or a text, which is not checked while it serves.`);
    }
    for (const [kind, reply] of contextsOf(operation).flatMap((context) => [...mounted.samples(context)])) {
      const problem = problemOf(operation, reply);
      if (problem !== undefined)
        fail(`${operation.operationId} responds to ${kind} with ${String(reply.status)}, but ${problem}.`);
    }
  }
  for (const operationId of operations.keys()) {
    if (!document.operations.some((operation) => operation.operationId === operationId)) {
      fail(`the adapter of ${document.name} handles ${operationId}, which the document does not have.`);
    }
  }
}

/** A schema that ajv cannot compile, for example with an unknown type, would check nothing. */
function refuseUnusableSchemas({ operationId, responses }: DocumentedOperation, fail: (what: string) => never): void {
  for (const { status, schema, headers } of responses.values()) {
    const schemas = [schema, ...[...headers.values()].map((header) => header.schema)];
    for (const one of schemas) {
      try {
        if (one !== undefined) compile(one);
      } catch (reason) {
        const why = reason instanceof Error ? reason.message : String(reason);
        fail(`a schema of ${operationId}'s ${String(status)} cannot be used: ${why}.`);
      }
    }
  }
}

/** Returns the first way in which a reply violates its document, if any. */
function problemOf(operation: DocumentedOperation, reply: WireReply): string | undefined {
  const documented = operation.responses.get(reply.status);
  if (documented === undefined) return 'the document does not have this status';
  const headers = { ...commonHeaders(requestId), ...reply.headers };
  for (const [name, value] of Object.entries(headers)) {
    const header = documented.headers.get(name);
    if (header === undefined) return `the document does not have its header ${name}`;
    const problem = problemOfValue(header.schema, value);
    if (problem !== undefined) return `its header ${name} ${problem}`;
  }
  for (const [name, { required }] of documented.headers) {
    if (required && !(name in headers)) return `it lacks the header ${name}`;
  }
  const isJson = documented.mediaType?.endsWith('json') ?? false;
  if (isJson === (typeof reply.body === 'string')) {
    return `the document gives it the media type ${documented.mediaType ?? '(none)'}, which does not fit its body`;
  }
  if (documented.schema === undefined) return 'the document gives its body no schema';
  const problem = problemOfValue(documented.schema, reply.body);
  return problem === undefined ? undefined : `its body ${problem}`;
}

function problemOfValue(schema: JsonObject, value: unknown): string | undefined {
  const validate = compile(schema);
  if (validate(value)) return undefined;
  return (validate.errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`.trim())
    .join('; ');
}

// Annotations and unknown formats never stop anything, so they are ignored silently.
const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false });
addFormats.default(ajv);
const compiledSchemas = new WeakMap<JsonObject, ValidateFunction>();
/** By the JSON of the schema, for one document: its operations inline the same schemas, which are compiled once. */
let compiledTexts = new Map<string, ValidateFunction>();

function compile(schema: JsonObject): ValidateFunction {
  const known = compiledSchemas.get(schema);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema);
  const validate = compiledTexts.get(text) ?? ajv.compile(schema);
  compiledTexts.set(text, validate);
  compiledSchemas.set(schema, validate);
  return validate;
}
