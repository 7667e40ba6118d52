// The admin contract, ready to be mounted: who may use it, and the responses for failures: problem details (RFC 9457).
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
import type { Asking } from './administration.ts';
import { bearerToken } from './tokens.ts';

/** A request to an operation, with its caller. */
type AdminRequest<Operation> = RequestOf<Operation> & { readonly asking: Asking };

/** The handler of each operation that the document has. */
export type AdminOperations = {
  readonly [Id in keyof operations]: (request: AdminRequest<operations[Id]>) => Promise<Reply<operations[Id]>>;
};

/** @param authorize the name of the admin token that a credential is, if it is one */
export function mountAdmin(
  document: ContractDocument,
  handlers: AdminOperations,
  authorize: (credential: string | undefined) => string | undefined,
): Mount {
  // Each is typed where it is written; together, their requests are what the validator has accepted.
  const unchecked = handlers as unknown as Readonly<Record<string, UncheckedHandler>>;
  return mount(document, Object.keys(unchecked), (id) => unchecked[id] ?? unreached, authorize);
}

/** The admin contract without a server behind it: any bearer token is an admin token, and every operation unavailable. */
export function mountAdminAlone(document: ContractDocument): Mount {
  const ids = document.operations.map(({ operationId }) => operationId);
  return mount(
    document,
    ids,
    () => unreached,
    (credential) => (bearerToken(credential) === undefined ? undefined : 'anybody'),
  );
}

type UncheckedHandler = (request: AdminRequest<{ requestBody: { content: { any: unknown } } }>) => Promise<WireReply>;

const unreached: UncheckedHandler = () =>
  Promise.reject(new RefractError('unavailable', 'no server is behind this operation'));

function mount(
  document: ContractDocument,
  operationIds: readonly string[],
  handlerOf: (operationId: string) => UncheckedHandler,
  authorize: NonNullable<MountedOperation['authorize']>,
): Mount {
  const mounted = operationIds.map((id) => [id, mountedOperation(document, id, handlerOf(id), authorize)] as const);
  return { document, operations: new Map(mounted) };
}

function mountedOperation(
  document: ContractDocument,
  operationId: string,
  handler: UncheckedHandler,
  authorize: NonNullable<MountedOperation['authorize']>,
): MountedOperation {
  const { responses } = document.operations.find((one) => one.operationId === operationId) ?? {};
  const documented = [...(responses?.values() ?? [])];
  const success = documented.find(({ status }) => status < 300);
  // The document's own example of a success, for the check at start.
  const sampleSuccess = { status: success?.status ?? 200, body: [...(success?.examples.values() ?? [])][0] };
  return {
    authorize,
    handle: async ({ requestId, address, userAgent, actor = '', headers, parameters, query, body }) => {
      if (hasBrokenText([parameters, query, body])) {
        return { reply: problem(400, 'A text has a NUL or half of a character in it.'), failed: false };
      }
      const asking = { actor, requestId, address, userAgent };
      try {
        return { reply: await handler({ headers, parameters, query, body, asking }), failed: false };
      } catch (reason) {
        if (isUnavailable(reason)) return { reply: unavailable(1), failed: false };
        if (!isRefused(reason)) throw reason;
        const status = statuses[reason.code];
        // A refusal that the operation does not document is a fault.
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

/** PostgreSQL can hold no NUL, and half a character would be stored as another. Lines are checked one by one later. */
function hasBrokenText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null || Symbol.asyncIterator in value) return false;
  return Object.values(value).some(hasBrokenText);
}

/** Responses that all operations have in common; the type of any of them fits. */
type AnyReply = Reply<operations['listKeySets']>;

const failures: Readonly<Record<HttpFailure, (context: FailureContext) => AnyReply>> = {
  violation: ({ violations }) =>
    problem(400, violations.map(({ target, problem: what }) => `${target} ${what}`).join('; ')),
  noCredential: () => problem(401, 'An admin token is needed.'),
  throttled: ({ retryAfter }) =>
    problemForNow(429, 'Try again after the number of seconds in Retry-After.', retryAfter),
  fault: () => problem(500, 'Something went wrong inside the server.'),
};

function unavailable(retryAfter: number): AnyReply {
  return problemForNow(503, 'Nothing was changed; try again after the number of seconds in Retry-After.', retryAfter);
}

// The type of every problem is about:blank, so that the title is the name of the status.
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

function problem<const Given extends keyof typeof titles>(status: Given, detail: string) {
  const body: { title: string; status: number; detail: string } = { title: titles[status], status, detail };
  return { status, body };
}

/** @param retryAfter seconds */
export function problemForNow<const Given extends keyof typeof titles>(
  status: Given,
  detail: string,
  retryAfter: number,
) {
  return { ...problem(status, detail), headers: { 'Retry-After': retryAfter } };
}
