// The admin contract, ready to be mounted: who may use it, and what is answered where an operation gives no reply.
import { isUnavailable, RefractError } from '../errors.ts';
import type { operations } from '../../generated/admin.ts';
import type {
  ContractDocument,
  FailureContext,
  HttpFailure,
  Mount,
  MountedOperation,
  Reply,
  WireReply,
} from '../http/types.ts';
import type { AdminOperations, AdminRequest } from './operations.ts';
import { problem, problemForNow } from './problem.ts';
import { bearerToken } from './tokens.ts';

/** @param authorize the name of the admin token that a credential is, if it is one */
export function mountAdmin(
  document: ContractDocument,
  handlers: AdminOperations,
  authorize: (credential: string | undefined) => string | undefined,
): Mount {
  // Typed one by one where they are written; seen together, their requests are what the validator has let through.
  const unchecked = Object.entries(handlers as unknown as Readonly<Record<string, UncheckedHandler>>);
  const mounted = unchecked.map(([operationId, handler]): [string, MountedOperation] => [
    operationId,
    mountedOperation(document, operationId, handler, authorize),
  ]);
  return { document, operations: new Map(mounted) };
}

/** The admin contract with nobody behind it: any bearer token is an admin token, and nothing can be had. */
export function mountAdminAlone(document: ContractDocument): Mount {
  const unreached: UncheckedHandler = () =>
    Promise.reject(new RefractError('unavailable', 'nobody is behind this operation'));
  const anyBearer = (credential: string | undefined): string | undefined =>
    bearerToken(credential) === undefined ? undefined : 'anybody';
  const mounted = document.operations.map(({ operationId }): [string, MountedOperation] => [
    operationId,
    mountedOperation(document, operationId, unreached, anyBearer),
  ]);
  return { document, operations: new Map(mounted) };
}

type UncheckedHandler = (request: AdminRequest<{ requestBody: { content: { any: unknown } } }>) => Promise<WireReply>;

function mountedOperation(
  document: ContractDocument,
  operationId: string,
  handler: UncheckedHandler,
  authorize: NonNullable<MountedOperation['authorize']>,
): MountedOperation {
  const sampleSuccess = sampleOf(document, operationId);
  return {
    authorize,
    handle: async ({ requestId, address, userAgent, actor = '', headers, parameters, query, body }) => {
      if (hasBrokenText([parameters, query, body])) {
        return { reply: problem(400, 'A text has a NUL or half of a character in it.'), failed: false };
      }
      try {
        const reply = await handler({
          headers,
          parameters,
          query,
          body,
          asking: { actor, requestId, address, userAgent },
        });
        return { reply, failed: false };
      } catch (reason) {
        if (!isUnavailable(reason)) throw reason;
        return { reply: unavailable(1), failed: false };
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

/** PostgreSQL can hold no NUL, and what is no whole character would be stored as another. Lines are looked at one by one. */
function hasBrokenText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null || Symbol.asyncIterator in value) return false;
  return Object.values(value).some(hasBrokenText);
}

/** What every operation answers alike; each of them has these replies, so any one's type will do. */
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

/** The document's own example of a success, for the walk at boot. */
function sampleOf({ operations: documented }: ContractDocument, operationId: string): WireReply {
  const responses = documented.find((one) => one.operationId === operationId)?.responses;
  const success = [...(responses?.values() ?? [])].find(({ status }) => status < 300);
  return { status: success?.status ?? 200, body: [...(success?.examples.values() ?? [])][0] };
}
