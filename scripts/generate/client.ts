// The source of `generated/<name>.client.ts`: an openapi-fetch client, and `refresh` for a document with one operation,
// which takes only the refresh token. The token is sent in the header of the operation's `apiKey` scheme, otherwise in the
// only required string of the request body; required members with a fixed value are added. A request that needs
// more gets no `refresh`, only the typed client.
import { credentialMember, fixedValues, formMediaType, requiredMembers } from '../../src/http/example-call.ts';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';

/** The unformatted source, without header. */
export function clientOf(document: ContractDocument): string {
  const { name, basePath, operations } = document;
  const [operation, ...others] = operations;
  const refresh = operation && others.length === 0 ? refreshOf(operation) : '';
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

/** A client is useful without `refresh`, so a request that needs more than a token only gets a comment with the reason. */
function refreshOf(operation: DocumentedOperation): string {
  const location = refreshLocation(operation);
  if ('reason' in location) {
    return `
      // No refresh(): the request ${location.reason.replaceAll(/\s+/g, ' ')}.
    `;
  }
  return `
      /** ${operation.operationId}: sends the refresh token and nothing else. */
      refresh: (refreshToken: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
        client.${operation.method.toUpperCase()}(${quoted(operation.path)}, { ...(signal && { signal }), ${location.code} }),`;
}

type TokenLocation = { readonly code: string } | { readonly reason: string };

/** Returns where a client sends the refresh token, or why the token alone is no request. */
export function refreshLocation({ credentialHeader, parameters, request }: DocumentedOperation): TokenLocation {
  const [parameter] = parameters.filter((one) => one['required'] === true);
  if (parameter) return { reason: `needs the parameter ${JSON.stringify(parameter['name'])}` };

  if (credentialHeader !== undefined) {
    if (request?.required === true) return { reason: 'needs a body beside the header' };
    return { code: `headers: { ${quoted(credentialHeader)}: refreshToken }` };
  }
  if (!request) return { reason: 'has neither a header nor a body for the token' };
  const members = requiredMembers(request.schema);
  const token = credentialMember(request) ?? members.find(([, member]) => member['type'] === 'string')?.[0];
  if (token === undefined) return { reason: 'has no required member that is a string' };
  const others = members.filter(([name]) => name !== token);
  const [further] = others.filter(([, member]) => fixedValues(member)?.length !== 1);
  if (further !== undefined) return { reason: `needs ${JSON.stringify(further[0])} beside ${JSON.stringify(token)}` };
  const fixed = others.map(([name, member]) => `${quoted(name)}: ${JSON.stringify(fixedValues(member)?.[0])}, `);
  const body = `body: { ${fixed.join('')}${token === 'refreshToken' ? token : `${quoted(token)}: refreshToken`} }`;
  // openapi-fetch encodes a body by this header.
  const headers = request.mediaType === formMediaType ? `, headers: { 'Content-Type': ${quoted(formMediaType)} }` : '';
  return { code: body + headers };
}

const quoted = (text: string): string => JSON.stringify(text);

export const pascalCase = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
