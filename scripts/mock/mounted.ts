/**
 * A document as it is mounted for real, but for who answers what fits: Prism, with the document's own examples.
 */
import type { ContractDocument, DocumentedOperation } from '../../src/http/documents.ts';
import { bodyText, fullPath } from '../../src/http/example-call.ts';
import type { Mount, MountedOperation, WireReply, WireRequest } from '../../src/http/types.ts';
import { preferenceOf, statusOfExample } from './front.ts';
import type { Prism } from './prism.ts';

/** Puts Prism behind the operations of a mount. */
export function answeredBy(prism: Prism, { document, operations }: Mount): Mount {
  const answered = document.operations.flatMap((operation): [string, MountedOperation][] => {
    const mounted = operations.get(operation.operationId);
    const handle: MountedOperation['handle'] = async (request) => ({
      reply: await replyOf(prism, document, operation, request),
      failed: false,
    });
    return mounted === undefined ? [] : [[operation.operationId, { ...mounted, handle }]];
  });
  return { document, operations: new Map(answered) };
}

async function replyOf(
  prism: Prism,
  document: ContractDocument,
  operation: DocumentedOperation,
  asked: WireRequest,
): Promise<WireReply> {
  const { method, request, credentialHeader, responses } = operation;
  const prefer = preferred(asked.headers['prefer'], operation);
  const answer = await prism.ask({
    method: method.toUpperCase(),
    path: fullPath(document, pathOf(operation, asked)),
    headers: {
      ...(prefer !== '' && { prefer }),
      ...(credentialHeader !== undefined && { [credentialHeader]: credentialOf(operation, asked) }),
      ...(request !== undefined && { 'content-type': request.mediaType }),
      // What the caller accepts is not handed on: Prism would answer 200 to whoever prefers a 429 and accepts JSON.
    },
    body: request && bodyText(request.mediaType, asked.body),
  });
  const documented = responses.get(answer.status);
  if (documented === undefined || isPrismsOwn(answer.body)) throw new Error(`Prism could not answer: ${answer.body}`);
  const later = answer.headers['retry-after'];
  return {
    status: answer.status,
    headers: later === undefined ? undefined : { 'Retry-After': later },
    body: documented.mediaType?.endsWith('json') === true ? (JSON.parse(answer.body) as unknown) : answer.body,
  };
}

/** Who comes here was authorized; Prism would look again, and knows the scheme in one spelling alone (RFC 9110 §11.1). */
function credentialOf({ credentialHeader = '', isBearer }: DocumentedOperation, asked: WireRequest): string {
  return isBearer ? 'Bearer any-token' : (asked.headers[credentialHeader] ?? '');
}

/** Prism looks for a name among the answers of one status only, and for the first one it likes where none is given. */
function preferred(prefer: string | undefined, operation: DocumentedOperation): string {
  const { code, example } = preferenceOf(prefer);
  const status = code ?? (example === undefined ? undefined : statusOfExample(example, operation));
  const wishes = [prefer, code === undefined && status !== undefined ? `code=${String(status)}` : undefined];
  return wishes.filter((wish) => wish !== undefined).join(', ');
}

/** As it was asked: the decoded parameters encoded anew, and of the query what the document knows. */
function pathOf({ path, parameters }: DocumentedOperation, asked: WireRequest): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_template, name: string) =>
    encodeURIComponent(asked.parameters[name] ?? ''),
  );
  const query = parameters.flatMap(({ in: place, name }) => {
    if (place !== 'query' || typeof name !== 'string') return [];
    const value = asked.query[name];
    return value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`];
  });
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
}

/** What Prism has to say for itself is a problem of a type that no document has. */
function isPrismsOwn(body: string): boolean {
  return body.startsWith('{"type":"https://stoplight.io/prism/errors#');
}
