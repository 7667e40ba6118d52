// The values of a document for its adapter and test: replies from its examples, the credential, the shape of a success. The
// author replaces each `decide(…)`, an undeclared name, so that the compiler points at it.
import { isObject, type Json, type JsonObject } from '../../src/http/documents/source.ts';
import type { ContractDocument, DocumentedOperation, DocumentedResponse } from '../../src/http/documents.ts';
import { credentialMember, fixedValues, requiredMembers } from '../../src/http/example-call.ts';

/** One documented failure: a name for it, and the reply. */
export interface Candidate {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  /** The headers that the adapter sets. */
  readonly headers: readonly string[];
}

/** The statuses of contracts/shared/texts.ts and the headers that http adds. */
const added = { statuses: [429, 503], headers: ['X-Request-Id', 'Cache-Control'] };

/** Returns all examples of failures without the two that all contracts share. */
export function candidatesOf(operation: DocumentedOperation): Candidate[] {
  const success = successOf(operation);
  const responses = [...operation.responses.values()].filter(({ status }) => !added.statuses.includes(status));
  const found = responses.flatMap((response) =>
    [...response.examples]
      // A failure may have the status of a success; the first example of that status is the success.
      .filter((_example, index) => response !== success?.response || index > 0)
      .map(([name, body]) => ({ name: camelCase(name), status: response.status, body, headers: ownHeaders(response) })),
  );
  const isTwice = ({ name }: Candidate): boolean => found.filter((one) => one.name === name).length > 1;
  return found.map((one) => (isTwice(one) ? { ...one, name: `${one.name}${String(one.status)}` } : one));
}

/** Returns the first documented success with its first example. */
export function successOf({
  responses,
}: DocumentedOperation): { response: DocumentedResponse; body: unknown } | undefined {
  const response = [...responses.values()].find(({ status }) => status >= 200 && status < 300);
  return response && { response, body: [...response.examples.values()][0] };
}

/** Returns the reply for a fault, if 500 has exactly one example. */
export function faultOf(candidates: readonly Candidate[]): Candidate | undefined {
  const faults = candidates.filter(({ status }) => status === 500);
  return faults.length === 1 ? faults[0] : undefined;
}

/** Returns the name of the credential's member and the other members, where the document fixes them. */
export function bodyOf({ request }: DocumentedOperation): { member: string; fixed: JsonObject } | undefined {
  const member = request && credentialMember(request);
  if (request === undefined || member === undefined) return undefined;
  const others = requiredMembers(request.schema).filter(([name]) => name !== member);
  const fixed = others.map(([name, schema]): [string, Json | undefined] => [name, onlyValue(schema)]);
  if (fixed.some(([, value]) => value === undefined)) return undefined;
  return { member, fixed: Object.fromEntries(fixed.map(([name, value]) => [name, value ?? null])) };
}

/**
 * Returns the source of a body like the example: the fixed values of the schema, and `decide(from)` for each other value,
 * with the example in a comment.
 */
export function skeletonOf(example: unknown, schema: JsonObject | undefined, from: string): string {
  const fixed = schema && onlyValue(schema);
  if (fixed !== undefined) return literal(fixed);
  if (!isObject(example)) return `decide(${from})`;
  const members = Object.entries(example).map(([name, value]) => {
    const below = skeletonOf(value, memberOf(schema, name), from);
    const note = below === `decide(${from})` ? ` // for example ${commented(cut(JSON.stringify(value)))}` : '';
    return `${key(name)}: ${below},${note}\n`;
  });
  return `{\n${members.join('')}}`;
}

/** Describes the document's example tokens, one sentence each: their contents are documented nowhere else. */
export function exampleTokens({ operations }: ContractDocument): string[] {
  const examples = operations.flatMap(({ request, responses }) => [
    request?.example,
    ...[...responses.values()].flatMap((response) => [...response.examples.values()]),
  ]);
  const sentences = examples
    .flatMap((example) => stringsIn(example))
    .flatMap(([name, text]) => {
      const [header, claims] = text.split('.').map(decoded);
      if (header === undefined || claims === undefined) return [];
      return [`The example of ${name} has the header ${header} and the claims ${claims}.`];
    });
  return [...new Set(sentences)];
}

/** Returns a text for a comment of one line: after a line break the rest would be code. */
export function commented(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** Returns the paths of all strings in a value. */
export function stringsIn(value: unknown, path: readonly string[] = []): [path: string, text: string][] {
  if (typeof value === 'string') return [[path.map((step) => commented(literal(step))).join(', '), value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, below]) => stringsIn(below, [...path, name]));
}

/** Returns a value as source, which prettier formats. */
export function literal(value: unknown): string {
  return JSON.stringify(value);
}

/** Returns a name as the key of an object. */
export function key(name: string): string {
  return isIdentifier(name) ? name : literal(name);
}

/** Returns the expression for a member. */
export function access(holder: string, name: string): string {
  return isIdentifier(name) ? `${holder}.${name}` : `${holder}[${literal(name)}]`;
}

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

function ownHeaders({ headers }: DocumentedResponse): string[] {
  return [...headers].filter(([name, { required }]) => required && !added.headers.includes(name)).map(([name]) => name);
}

function onlyValue(schema: JsonObject): Json | undefined {
  const values = fixedValues(schema);
  return values?.length === 1 ? values[0] : undefined;
}

/** Returns the schema of a member, without looking into alternatives. */
function memberOf(schema: JsonObject | undefined, name: string): JsonObject | undefined {
  const properties = schema?.['properties'];
  const member = isObject(properties) ? properties[name] : undefined;
  return isObject(member) ? member : undefined;
}

function decoded(segment: string): string | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return isObject(value) ? JSON.stringify(value) : undefined;
  } catch {
    return undefined;
  }
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)} …` : text;
}

export function camelCase(name: string): string {
  const joined = name.replace(/[^A-Za-z0-9]+(.)?/g, (_all, next: string | undefined) => (next ?? '').toUpperCase());
  return /^\d/.test(joined) || joined === '' ? `reply${joined}` : joined.charAt(0).toLowerCase() + joined.slice(1);
}
