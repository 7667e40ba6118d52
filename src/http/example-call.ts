// The document's own example of a call, with a live token in it.
import type { ContractDocument, DocumentedOperation } from './documents.ts';

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

/**
 * The call of an operation that sends `token` where its document wants the credential.
 * @param token left out for the document's own example as it is
 */
export function exampleCall(document: ContractDocument, operation: DocumentedOperation, token?: string): ExampleCall {
  const { method, path, request, credentialHeader, parameters } = operation;
  const headers = {
    ...(credentialHeader !== undefined && { [credentialHeader]: token ?? 'any-token' }),
    ...(request !== undefined && { 'content-type': request.mediaType }),
  };
  return {
    method: method.toUpperCase(),
    path: fullPath(document, filled(path, parameters)),
    headers,
    body: request && encoded(request.mediaType, membersOf(request, token)),
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
    .map((one) => `${encodeURIComponent(String(one['name']))}=${exampleOf(one)}`);
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

/** The example, with the token in each of its required strings: a refresh request has the one. */
function membersOf(
  { example, schema }: NonNullable<DocumentedOperation['request']>,
  token: string | undefined,
): object {
  const required: unknown = schema['required'];
  const names = Array.isArray(required) ? required : [];
  const members = typeof example === 'object' && example !== null ? Object.entries(example) : [];
  return Object.fromEntries(
    members.map(([name, value]: [string, unknown]) => [
      name,
      token !== undefined && names.includes(name) ? token : value,
    ]),
  );
}

function encoded(mediaType: string, members: object): string {
  if (mediaType !== 'application/x-www-form-urlencoded') return JSON.stringify(members);
  const fields = Object.entries(members).map(([name, value]: [string, unknown]) => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}
