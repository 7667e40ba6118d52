// Mounts a document without an adapter: failures get the document's own responses. Nothing serves the operations, so a mock
// stands behind them.
import type { ContractDocument, DocumentedOperation, DocumentedResponse } from './documents.ts';
import { exampleOfSchema } from './example-call.ts';
import type { FailureContext, HttpFailure, Mount, MountedOperation, WireReply } from './types.ts';

/** The statuses of a failure, the most specific one first. */
const statuses: Readonly<Record<HttpFailure, readonly number[]>> = {
  violation: [400, 422],
  noCredential: [401, 403, 400],
  throttled: [429],
  fault: [500],
};

export function mountDocument(document: ContractDocument): Mount {
  return {
    document,
    operations: new Map(document.operations.map((operation) => [operation.operationId, mountOperation(operation)])),
  };
}

function mountOperation(operation: DocumentedOperation): MountedOperation {
  const success = firstOf(operation, ({ status }) => status < 300);
  const failure = (kind: HttpFailure, context: FailureContext): WireReply =>
    replyOf(responseTo(operation, kind), context);
  return {
    handle: () => Promise.reject(new Error(`${operation.operationId} has no adapter`)),
    failure,
    samples: () => new Map(),
    sampleSuccess: { status: success.status, body: exampleOf(success) },
  };
}

/** A document without a failure of its own has one in its success, as an envelope, or none at all. */
function responseTo(operation: DocumentedOperation, kind: HttpFailure): DocumentedResponse {
  const documented = statuses[kind].flatMap((status) => operation.responses.get(status) ?? []);
  return documented[0] ?? firstOf(operation, ({ status }) => status >= 400 && status < 500 && status !== 429);
}

function firstOf(
  { responses }: DocumentedOperation,
  matches: (response: DocumentedResponse) => boolean,
): DocumentedResponse {
  const all = [...responses.values()];
  const [first] = all;
  // Every operation has the additions at least.
  if (first === undefined) throw new Error('an operation without responses');
  return all.find(matches) ?? first;
}

function replyOf(response: DocumentedResponse, { retryAfter }: FailureContext): WireReply {
  const later = [...response.headers.keys()].find((name) => name.toLowerCase() === 'retry-after');
  return {
    status: response.status,
    headers: later === undefined ? undefined : { [later]: retryAfter },
    body: exampleOf(response),
  };
}

/** The last example: where a success and failures share a status, the success comes first. */
function exampleOf({ examples, schema, mediaType }: DocumentedResponse): unknown {
  const named = [...examples.values()].at(-1);
  if (named !== undefined) return named;
  return mediaType?.endsWith('json') === true ? exampleOfSchema(schema ?? {}) : '';
}
