// The document's own example of a call, with a live token in it.
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { isObject, type Json, type JsonObject } from './documents/source.ts';
import { formMediaType } from './form.ts';
import { linesMediaType } from './streamed-body.ts';

type DocumentedRequest = NonNullable<DocumentedOperation['request']>;

/** A call as it goes over the wire, below an origin. */
export interface ExampleCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A path of the document below its base path, which is `/` for a contract that stands in for its original. */
export function fullPath({ basePath }: Pick<ContractDocument, 'basePath'>, path: string): string {
  return `${basePath === '/' ? '' : basePath}${path}`;
}

/** The paths of a document's operations, each once. */
export function pathsOf(document: ContractDocument): readonly string[] {
  return [...new Set(document.operations.map(({ path }) => fullPath(document, path)))];
}

/**
 * The call of an operation that sends `token` where its document wants the credential.
 * @param token left out for the document's own example as it is
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
    path: fullPath(document, filled(path, parameters)),
    headers,
    body: request && bodyText(request.mediaType, exampleBody(request, token)),
  };
}

/** A path template with the examples of its parameters in it, and a query of the required ones. */
function filled(template: string, parameters: DocumentedOperation['parameters']): string {
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

/** The example, with the token in the place of the credential. */
function exampleBody(request: DocumentedRequest, token: string | undefined): unknown {
  const { example, mediaType } = request;
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
 * The member of the body that is the credential: the one required string that the document leaves open. None where
 * there are several, for which of them it is no document says.
 */
export function credentialMember({ schema }: DocumentedRequest): string | undefined {
  const open = requiredMembers(schema).filter(
    ([, member]) => member['type'] === 'string' && fixedValues(member) === undefined,
  );
  return open.length === 1 ? open[0]?.[0] : undefined;
}

/** The members that a request cannot leave out, with their schemas. */
export function requiredMembers({ required, properties }: JsonObject): (readonly [name: string, member: JsonObject])[] {
  const names = Array.isArray(required) ? required.map(String) : [];
  return names.map((name) => {
    const member = isObject(properties) ? properties[name] : undefined;
    return [name, isObject(member) ? member : {}];
  });
}

/** The values that the document allows a member, where it says. */
export function fixedValues(member: JsonObject): readonly Json[] | undefined {
  if (member['const'] !== undefined) return [member['const']];
  return Array.isArray(member['enum']) ? member['enum'] : undefined;
}

/** A body as its media type has it written. */
export function bodyText(mediaType: string, body: unknown): string {
  if (mediaType === linesMediaType && typeof body === 'string') return body;
  if (mediaType !== formMediaType) return JSON.stringify(body);
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const fields = members.map(([name, value]: [string, unknown]) => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}
