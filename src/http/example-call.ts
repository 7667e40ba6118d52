// Calls of operations, made from the examples of their document.
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { isObject, type Json, type JsonObject } from './documents/source.ts';

export const formMediaType = 'application/x-www-form-urlencoded';

/** One JSON object per line. */
export const linesMediaType = 'application/x-ndjson';

type DocumentedRequest = NonNullable<DocumentedOperation['request']>;

/** A call, without its origin. */
export interface ExampleCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Joins base path and path. The base path may be `/`. */
export function fullPath({ basePath }: Pick<ContractDocument, 'basePath'>, path: string): string {
  return `${basePath === '/' ? '' : basePath}${path}`;
}

/** Returns the full paths of a document's operations, each once. */
export function pathsOf(document: ContractDocument): readonly string[] {
  return [...new Set(document.operations.map(({ path }) => fullPath(document, path)))];
}

/**
 * Returns the example call of an operation.
 * @param token replaces the credential of the example
 */
export function exampleCall(document: ContractDocument, operation: DocumentedOperation, token?: string): ExampleCall {
  const { method, path, request, credentialHeader, isBearer, parameters } = operation;
  const headers = {
    ...(credentialHeader !== undefined && {
      [credentialHeader]: `${isBearer ? 'Bearer ' : ''}${token ?? 'any-token'}`,
    }),
    ...(request !== undefined && { 'content-type': request.mediaType }),
  };
  return {
    method: method.toUpperCase(),
    path: fullPath(document, fillPath(path, parameters)),
    headers,
    body: request && serializeBody(request.mediaType, exampleBody(request, token)),
  };
}

/** Replaces the parameters of a path by their examples, and adds the required query parameters. */
function fillPath(template: string, parameters: DocumentedOperation['parameters']): string {
  const exampleOf = ({ example }: DocumentedOperation['parameters'][number]): string =>
    encodeURIComponent(typeof example === 'object' || example === undefined ? 'example' : String(example));
  const path = template.replaceAll(/\{(\w+)\}/g, (_template, name: string) => {
    const parameter = parameters.find((one) => one['in'] === 'path' && one['name'] === name);
    return exampleOf(parameter ?? {});
  });
  const query = parameters
    .filter((one) => one['in'] === 'query' && one['required'] === true)
    .map((one) => `${encodeURIComponent(JSON.stringify(one['name']).slice(1, -1))}=${exampleOf(one)}`);
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

/** Returns the example, with the token as the credential. */
function exampleBody(request: DocumentedRequest, token: string | undefined): unknown {
  const { mediaType, schema, example = exampleOfSchema(schema) } = request;
  if (mediaType === linesMediaType) return example;
  const members = typeof example === 'object' && example !== null ? Object.entries(example) : [];
  const credential = credentialMember(request);
  return Object.fromEntries(
    members.map(([name, value]: [string, unknown]) => [
      name,
      token !== undefined && name === credential ? token : value,
    ]),
  );
}

/**
 * Returns the member of the body that holds the credential: the only required string without fixed values. With several
 * of them the document does not say which, and the result is undefined.
 */
export function credentialMember({ schema }: DocumentedRequest): string | undefined {
  const [candidate, ...others] = requiredMembers(schema).filter(
    ([, member]) => member['type'] === 'string' && fixedValues(member) === undefined,
  );
  return others.length === 0 ? candidate?.[0] : undefined;
}

/** Returns the required members of a schema. */
export function requiredMembers({ required, properties }: JsonObject): (readonly [name: string, member: JsonObject])[] {
  const names = Array.isArray(required) ? required.map(String) : [];
  return names.map((name) => {
    const member = isObject(properties) ? properties[name] : undefined;
    return [name, isObject(member) ? member : {}];
  });
}

/** Returns the values that a schema lists, if it does. */
export function fixedValues(member: JsonObject): readonly Json[] | undefined {
  if (member['const'] !== undefined) return [member['const']];
  return Array.isArray(member['enum']) ? member['enum'] : undefined;
}

/** Generates a value for a schema without an example: the first value of every kind, required members only. */
export function exampleOfSchema(schema: JsonObject): Json {
  const { example, examples, default: standard, properties, required, items } = schema;
  if (example !== undefined) return example;
  if (Array.isArray(examples) && examples[0] !== undefined) return examples[0];
  if (standard !== undefined) return standard;
  const [fixed] = fixedValues(schema) ?? [];
  if (fixed !== undefined) return fixed;
  for (const keyword of ['allOf', 'oneOf', 'anyOf'] as const) {
    const parts = schema[keyword];
    if (!Array.isArray(parts)) continue;
    const values = parts.filter(isObject).map(exampleOfSchema);
    if (keyword !== 'allOf') return values[0] ?? null;
    return values.every(isObject) ? Object.fromEntries(values.flatMap(Object.entries<Json>)) : (values[0] ?? null);
  }
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  if (type === 'object' || isObject(properties)) {
    const names = Array.isArray(required) ? required.map(String) : [];
    const memberOf = (name: string): JsonObject => {
      const member = isObject(properties) ? properties[name] : undefined;
      return isObject(member) ? member : {};
    };
    return Object.fromEntries(names.map((name) => [name, exampleOfSchema(memberOf(name))]));
  }
  if (type === 'array') return isObject(items) ? [exampleOfSchema(items)] : [];
  const { minimum } = schema;
  if (type === 'integer' || type === 'number') return typeof minimum === 'number' ? minimum : 0;
  return type === 'boolean' ? true : type === 'null' ? null : 'string';
}

/** Serializes a body in its media type. */
export function serializeBody(mediaType: string, body: unknown): string {
  if (mediaType === linesMediaType && typeof body === 'string') return body;
  if (mediaType !== formMediaType) return JSON.stringify(body);
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const fields = members.map(([name, value]: [string, unknown]) => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}
