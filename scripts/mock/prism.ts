// Mounts a document as the server does, but Prism responds to valid requests, with the document's examples.
import { createLogger } from '@stoplight/prism-core';
import {
  createInstance,
  getHttpOperationsFromSpec,
  type IHttpMockConfig,
  type IHttpRequest,
} from '@stoplight/prism-http';
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { serializeBody, fullPath } from '../../src/http/example-call.ts';
import type { Mount, MountedOperation, WireReply, WireRequest } from '../../src/http/types.ts';
import { preferenceOf, statusOfExample } from './front.ts';

const config: IHttpMockConfig = {
  mock: { dynamic: false },
  validateRequest: true,
  validateResponse: true,
  checkSecurity: true,
  errors: false,
  upstreamProxy: undefined,
  isProxy: false,
};
const prism = createInstance(config, { logger: createLogger('mock', { level: 'silent' }) });

/**
 * Puts Prism behind the operations of a mount.
 * @param isDynamic whether values are generated from the schemas instead of the examples
 */
export function mountPrism({ document, operations }: Mount, isDynamic: boolean): Mount {
  // Parsed at the first request, so that a start does not wait for all documents.
  let known: ReturnType<typeof operationsOf> | undefined;
  const answered = document.operations.flatMap((operation): [string, MountedOperation][] => {
    const mounted = operations.get(operation.operationId);
    const handle: MountedOperation['handle'] = async (wireRequest) => {
      const mock = mockConfigOf(wireRequest.headers['prefer'], operation, isDynamic);
      const request = requestOf(document, operation, wireRequest);
      const result = await prism.request(request, await (known ??= operationsOf([document])), { ...config, mock })();
      if (result._tag === 'Left') throw result.left;
      const { statusCode: status, headers = {}, body } = result.right.output;
      if (!operation.responses.has(status)) throw new Error(`Prism returned the undocumented status ${String(status)}`);
      const later = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
      const reply: WireReply = { status, headers: later === undefined ? {} : { 'Retry-After': later }, body };
      return { reply, failed: false };
    };
    return mounted === undefined ? [] : [[operation.operationId, { ...mounted, handle }]];
  });
  return { document, operations: new Map(answered) };
}

/** Returns the operations of all documents, each at its full path. */
export async function operationsOf(documents: readonly ContractDocument[]) {
  const operations = [];
  for (const { document, basePath } of documents) {
    // Prism resolves references in place, so it gets a copy.
    for (const operation of await getHttpOperationsFromSpec(structuredClone(document))) {
      operations.push({ ...operation, path: basePath + operation.path, servers: [] });
    }
  }
  return operations;
}

/** Prism looks for a name only among the responses of one status, and chooses any status unless given. */
function mockConfigOf(
  prefer: string | undefined,
  operation: DocumentedOperation,
  isDynamic: boolean,
): IHttpMockConfig['mock'] {
  const { code, example, dynamic = isDynamic } = preferenceOf(prefer);
  const status = code ?? (example === undefined ? undefined : statusOfExample(example, operation));
  return {
    dynamic,
    ...(typeof status === 'number' && { code: status }),
    ...(example !== undefined && { exampleKey: example }),
  };
}

/** Returns the caller's request without `Accept`: Prism would send 200 to a caller of JSON that prefers 429. */
function requestOf(document: ContractDocument, operation: DocumentedOperation, wireRequest: WireRequest): IHttpRequest {
  const { method, path, parameters, request, credentialHeader } = operation;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_template, name: string) =>
    encodeURIComponent(wireRequest.parameters[name] ?? ''),
  );
  const query = parameters.flatMap(({ in: place, name }): [string, string][] => {
    if (place !== 'query' || typeof name !== 'string') return [];
    const value = wireRequest.query[name];
    return value === undefined ? [] : [[name, value]];
  });
  const text = request && serializeBody(request.mediaType, wireRequest.body);
  return {
    // An OpenAPI document has the same methods.
    method: method as IHttpRequest['method'],
    url: { path: fullPath(document, filled), query: Object.fromEntries(query) },
    headers: {
      ...(credentialHeader !== undefined && { [credentialHeader]: credentialOf(operation, wireRequest) }),
      ...(request !== undefined && { 'content-type': request.mediaType, 'content-length': String(text?.length) }),
    },
    body: request !== undefined && /^application\/(.+\+)?json$/.test(request.mediaType) ? wireRequest.body : text,
  };
}

/** The caller is authorized already; Prism would check again, and accepts only one spelling of the scheme (RFC 9110 §11.1). */
function credentialOf({ credentialHeader = '', isBearer }: DocumentedOperation, wireRequest: WireRequest): string {
  return isBearer ? 'Bearer any-token' : (wireRequest.headers[credentialHeader] ?? '');
}
