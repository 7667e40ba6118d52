// The source of `generated/<name>.client.ts`: an openapi-fetch client, and `refresh` for a document with one operation,
// which takes only the refresh token. The token is sent in the header of the operation's `apiKey` scheme, otherwise in the
// only required string of the request body; required members with a fixed value are added. A request that needs more is
// refused here, not at run time.
import { RefractError } from '../../src/errors.ts';
import { credentialMember, fixedValues, formMediaType, requiredMembers } from '../../src/http/example-call.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';

/** The unformatted source, without header. */
export function clientOf(document: ContractDocument): string {
  const { name, basePath, operations } = document;
  const [operation, ...others] = operations;
  const refresh = operation && others.length === 0 ? refreshOf(document, operation) : '';
  const members = refresh === '' ? '{ client }' : `{ client, ${refresh} }`;
  return `
    import createClient, { type ClientOptions } from 'openapi-fetch';
    import type { paths } from './${name}.ts';

    /** Where the document mounts its operations. */
    export const basePath = ${quoted(basePath)};

    /**
     * A typed client of \`${name}\`.
     * @param origin of the server, for example \`https://tokens.example\`
     * @param options of openapi-fetch; \`basePath\` for a server that mounts the contract elsewhere
     */
    export function create${pascalCase(name)}Client(
      origin: string,
      { basePath: mount = basePath, ...options }: Omit<ClientOptions, 'baseUrl'> & { basePath?: string | undefined } = {},
    ) {
      const client = createClient<paths>({ ...options, baseUrl: origin.replace(/\\/+$/, '') + mount });
      return ${members};
    }
  `;
}

function refreshOf(document: ContractDocument, operation: DocumentedOperation): string {
  const place = tokenLocation(document, operation);
  return `
      /** ${operation.operationId}: sends the refresh token and nothing else. */
      refresh: (refreshToken: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
        client.${operation.method.toUpperCase()}(${quoted(operation.path)}, { ...(signal && { signal }), ${place} }),`;
}

const describe = 'describe it as an apiKey in a header, or as the one required string of the body';

function tokenLocation(document: ContractDocument, operation: DocumentedOperation): string {
  const { credentialHeader, parameters, request } = operation;
  const refuse = (mistake: string, todo = 'leave that out or make it optional'): never => {
    throw new RefractError(
      'document',
      `${document.file}:${String(operation.line)}: the request of ${operation.operationId} ${mistake}, so no client can make it from a refresh token alone; ${todo}.`,
    );
  };
  const [parameter] = parameters.filter((one) => one['required'] === true);
  if (parameter) refuse(`needs the parameter ${JSON.stringify(parameter['name'])}`);

  if (credentialHeader !== undefined) {
    const members = request ? requiredMembers(request.schema).map(([name]) => name) : [];
    if (request?.required) refuse(`needs a body${members.map((name) => ` with \`${name}\``).join(',')}`);
    return `headers: { ${quoted(credentialHeader)}: refreshToken }`;
  }
  if (!request) return refuse('has no place for one', describe);
  const members = requiredMembers(request.schema);
  const token = credentialMember(request) ?? members.find(([, member]) => member['type'] === 'string')?.[0];
  if (token === undefined) return refuse('has no place for one (no required member of the body is a string)', describe);
  const others = members.filter(([name]) => name !== token);
  const [further] = others.filter(([, member]) => fixedValues(member)?.length !== 1);
  if (further !== undefined)
    refuse(`needs \`${further[0]}\` beside \`${token}\``, 'make one of them optional, or fix its value with `const`');
  const fixed = others.map(([name, member]) => `${quoted(name)}: ${JSON.stringify(fixedValues(member)?.[0])}, `);
  const body = `body: { ${fixed.join('')}${token === 'refreshToken' ? token : `${quoted(token)}: refreshToken`} }`;
  // openapi-fetch encodes a body by this header.
  return request.mediaType === formMediaType ? `${body}, headers: { 'Content-Type': ${quoted(formMediaType)} }` : body;
}

const quoted = (text: string): string => JSON.stringify(text);

export const pascalCase = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
