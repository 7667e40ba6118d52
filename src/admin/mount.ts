// Mounts the admin contract: authorizes its callers and turns failures into problem details (RFC 9457).
import { isRefused, isUnavailable, RefractError } from '../errors.ts';
import type { operations } from '../../generated/admin.ts';
import type {
  ContractDocument,
  FailureContext,
  HttpFailure,
  Mount,
  MountedOperation,
  Reply,
  RequestOf,
  WireReply,
} from '../http/types.ts';
import type { Caller } from './administration.ts';
import { isMalformed } from './subject-details.ts';
import { bearerToken } from './tokens.ts';

/** A request to an operation, with its caller. */
type AdminRequest<Operation> = RequestOf<Operation> & { readonly caller: Caller };

/** The handler of every operation in the document. */
export type AdminOperations = {
  readonly [Id in keyof operations]: (request: AdminRequest<operations[Id]>) => Promise<Reply<operations[Id]>>;
};

/** Returns the name of the admin token that a credential holds, if any. */
type Authorize = NonNullable<MountedOperation['authorize']>;

type AnyHandler = (request: AdminRequest<{ requestBody: { content: { any: unknown } } }>) => Promise<WireReply>;

export function mountAdmin(document: ContractDocument, handlers: AdminOperations, authorize: Authorize): Mount {
  // Each handler is typed by its operation, and the validator has accepted every request before it.
  return mount(document, handlers as unknown as Readonly<Record<string, AnyHandler>>, authorize);
}

/** Mounts the admin contract without a server: every bearer token is accepted, every operation is unavailable. */
export function mountAdminAlone(document: ContractDocument): Mount {
  const handlers = Object.fromEntries(document.operations.map(({ operationId }) => [operationId, unavailableHandler]));
  return mount(document, handlers, (credential) => (bearerToken(credential) === undefined ? undefined : 'any-token'));
}

const unavailableHandler: AnyHandler = () =>
  Promise.reject(new RefractError('unavailable', 'this operation has no server'));

function mount(
  document: ContractDocument,
  handlers: Readonly<Record<string, AnyHandler>>,
  authorize: Authorize,
): Mount {
  const mounted = Object.entries(handlers).map(
    ([operationId, handler]) => [operationId, mountOperation(document, operationId, handler, authorize)] as const,
  );
  return { document, operations: new Map(mounted) };
}

function mountOperation(
  document: ContractDocument,
  operationId: string,
  handler: AnyHandler,
  authorize: Authorize,
): MountedOperation {
  const { responses } = document.operations.find((one) => one.operationId === operationId) ?? {};
  const documented = [...(responses?.values() ?? [])];
  const success = documented.find(({ status }) => status < 300);
  // The document's own example, which the check at start sends.
  const sampleSuccess = { status: success?.status ?? 200, body: [...(success?.examples.values() ?? [])][0] };
  return {
    authorize,
    handle: async ({ requestId, address, userAgent, actor = '', headers, parameters, query, body }) => {
      if (hasMalformedText([parameters, query, body])) {
        return { reply: problem(400, 'A text contains NUL or half of a surrogate pair.'), failed: false };
      }
      const caller = { actor, requestId, address, userAgent };
      try {
        return { reply: await handler({ headers, parameters, query, body, caller }), failed: false };
      } catch (reason) {
        if (isUnavailable(reason)) return { reply: unavailable(1), failed: false };
        if (!isRefused(reason)) throw reason;
        const status = statuses[reason.code];
        // A refusal without a documented status is a fault.
        if (!documented.some((response) => response.status === status)) throw reason;
        return { reply: problem(status, reason.message), failed: false };
      }
    },
    failure: (kind, context) => failures[kind](context),
    samples: (context) =>
      new Map<string, WireReply>([
        ['granted', sampleSuccess],
        ['unavailable', unavailable(1)],
        ...Object.entries(failures).map(([kind, reply]): [string, WireReply] => [kind, reply(context)]),
      ]),
    sampleSuccess,
  };
}

const statuses = { not_found: 404, conflict: 409, invalid: 400 } as const;

/** Streamed lines are skipped: the import checks each of them. */
function hasMalformedText(value: unknown): boolean {
  if (typeof value === 'string') return isMalformed(value);
  if (typeof value !== 'object' || value === null || Symbol.asyncIterator in value) return false;
  return Object.values(value).some(hasMalformedText);
}

/** Responses that every operation documents, in the type of one of them. */
type CommonReply = Reply<operations['listKeySets']>;

const failures: Readonly<Record<HttpFailure, (context: FailureContext) => CommonReply>> = {
  violation: ({ violations }) =>
    problem(400, violations.map(({ target, problem: what }) => `${target} ${what}`).join('; ')),
  noCredential: () => problem(401, 'An admin token is needed.'),
  throttled: ({ retryAfter }) =>
    retryableProblem(429, 'Try again after the number of seconds in Retry-After.', retryAfter),
  fault: () => problem(500, 'Something went wrong inside the server.'),
};

function unavailable(retryAfter: number): CommonReply {
  return retryableProblem(
    503,
    'Nothing was changed; try again after the number of seconds in Retry-After.',
    retryAfter,
  );
}

// Problems have the type about:blank, whose title is the name of the status (RFC 9457 §4.2.1).
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

function problem<const Status extends keyof typeof titles>(status: Status, detail: string) {
  const body: { title: string; status: number; detail: string } = { title: titles[status], status, detail };
  return { status, body };
}

/** @param retryAfter seconds */
export function retryableProblem<const Status extends keyof typeof titles>(
  status: Status,
  detail: string,
  retryAfter: number,
) {
  return { ...problem(status, detail), headers: { 'Retry-After': retryAfter } };
}
