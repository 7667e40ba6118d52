// The way of a request through one operation, in the order it is walked:
// limit → form of headers and body → validator of this contract alone → handler → validator → send.
// Where callers are authorized, that stands in the place of the limit, which only those with a wrong credential meet.
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { arrivalOf } from './arrival.ts';
import { classify } from './classify.ts';
import { corsSteps } from './cors.ts';
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { fullPath } from './example-call.ts';
import type { FailureLimit } from './limits.ts';
import { bodyOf, parsersOf, settleForValidator } from './reading.ts';
import { isJson, sendReply, sendText } from './send.ts';
import { asOneStep } from './steps.ts';
import type { FailureContext, HttpEvent, HttpFailure, Mount, MountedOperation, WireReply } from './types.ts';
import { checkReferences, validatorOf, type OperationValidator } from './validator/operation.ts';
import { ReadRequest } from './wire-request.ts';

export interface MountOptions {
  readonly limit: FailureLimit;
  readonly observe: (event: HttpEvent) => void;
  /** Seconds that a client may send nothing of a body that is read while it arrives. */
  readonly patience: number;
}

/** One operation of a contract with the way of its requests, which compiles its schemas at the first of them. */
export interface Way {
  readonly route: string;
  /** Leaves with `next('route')` for another operation of the same route. */
  readonly handle: RequestHandler;
}

/** The ways through all operations of a contract; an app that is made anew may take those of the one before. */
export function waysThrough({ document, operations, corsOrigins }: Mount, options: MountOptions): readonly Way[] {
  checkReferences(document);
  return document.operations.map((operation) => {
    const mounted = operations.get(operation.operationId);
    // The check at boot has refused a document like this one already.
    if (mounted === undefined) throw new Error(`${document.name}: ${operation.operationId} has no handler`);
    const route = routeOf(document, operation);
    const validator = validatorOf(document, operation, route);
    const { steps, answerFailure } = stepsOf(document.name, operation, mounted, validator, options);
    const before = [...corsSteps(corsOrigins), onlyMethod(document, operation)];
    return { route, handle: asOneStep([...before, ...steps], answerFailure) };
  });
}

/** A path template of OpenAPI, below the base path, as Express writes it. */
function routeOf(document: ContractDocument, { path }: DocumentedOperation): string {
  return fullPath(document, path.replaceAll(/\{(\w+)\}/g, ':$1'));
}

/** 405 for every other method of a path, with those that its document has (RFC 9110 §15.5.6). */
function onlyMethod(document: ContractDocument, operation: DocumentedOperation): RequestHandler {
  const siblings = document.operations.filter(({ path }) => path === operation.path);
  const allowed = siblings.map(({ method }) => method.toUpperCase());
  return (request, response, next) => {
    if (request.method.toLowerCase() === operation.method) next();
    else if (allowed.includes(request.method)) next('route');
    else sendText(response, 405, 'Method Not Allowed', { Allow: allowed.join(', ') });
  };
}

function stepsOf(
  contract: string,
  operation: DocumentedOperation,
  mounted: MountedOperation,
  validator: OperationValidator,
  { limit, observe, patience }: MountOptions,
): { readonly steps: readonly RequestHandler[]; readonly answerFailure: ErrorRequestHandler } {
  const tell = (request: Request, type: HttpEvent['type'], status: number, detail?: string): void => {
    const callerRequestId = idOfCaller(request);
    const { operationId } = operation;
    const { since, ...caller } = arrivalOf(request);
    const seconds = (performance.now() - since) / 1000;
    observe({ type, contract, operationId, callerRequestId, ...caller, status, seconds, detail });
  };
  const send = (request: Request, response: Response, reply: WireReply): void => {
    sendReply(response, operation, arrivalOf(request).requestId, reply);
  };
  const fail = (
    request: Request,
    response: Response,
    kind: HttpFailure,
    about: Partial<FailureContext>,
    detail?: string,
  ) => {
    const { requestId } = arrivalOf(request);
    const reply = mounted.failure(kind, { requestId, violations: [], retryAfter: 1, ...about });
    tell(request, kind, reply.status, detail);
    send(request, response, reply);
  };

  // Where callers are authorized, only guesses of a credential count: whoever has one is never kept out.
  const isLimited = mounted.authorize === undefined;

  const answerViolation = async (request: Request, response: Response, violations: FailureContext['violations']) => {
    if (isLimited) await limit.count(contract, arrivalOf(request).address);
    fail(request, response, 'violation', { violations }, describe(violations));
  };

  const arrive: RequestHandler = (request, _response, next) => {
    arrivalOf(request);
    next();
  };

  const throttle: RequestHandler = async (request, response, next) => {
    const retryAfter = await limit.waitFor(contract, arrivalOf(request).address);
    if (retryAfter === 0) next();
    else fail(request, response, 'throttled', { retryAfter });
  };

  const once = [operation.credentialHeader, 'content-type'].filter((name) => name !== undefined);
  const refuseRepeatedHeaders: RequestHandler = (request, response, next) => {
    const repeated = once.find((name) => isRepeated(request, name));
    if (repeated !== undefined) {
      return answerViolation(request, response, [{ target: repeated, problem: 'must be sent once' }]);
    }
    next();
    return undefined;
  };

  const actors = new WeakMap<Request, string>();
  const authorizeBy =
    (nameOf: NonNullable<MountedOperation['authorize']>): RequestHandler =>
    async (request, response, next) => {
      const credential = operation.credentialHeader && request.get(operation.credentialHeader);
      const actor = nameOf(credential);
      if (actor !== undefined) {
        actors.set(request, actor);
        next();
        return;
      }
      // Without a credential nothing was guessed.
      if (credential === undefined || credential === '') {
        fail(request, response, 'noCredential', {});
        return;
      }
      const { address } = arrivalOf(request);
      const retryAfter = await limit.waitFor(contract, address);
      if (retryAfter > 0) {
        fail(request, response, 'throttled', { retryAfter });
        return;
      }
      await limit.count(contract, address);
      fail(request, response, 'noCredential', {});
    };

  const refuseAllBut =
    (mediaType: string): RequestHandler =>
    (request, response, next) => {
      // Most are spelled as they are documented.
      if (request.headers['content-type'] === mediaType || typeof request.is(mediaType) === 'string') {
        next();
        return undefined;
      }
      const problem = `must be sent as ${mediaType}`;
      return answerViolation(request, response, [{ target: 'body', problem }]);
    };

  const handle: RequestHandler = async (request, response) => {
    const arrival = arrivalOf(request);
    const body = bodyOf(operation, request, patience);
    const { reply, failed } = await mounted.handle(new ReadRequest(request, arrival, actors.get(request), body));
    if (failed && isLimited) await limit.count(contract, arrival.address);
    const documented = operation.responses.get(reply.status);
    if (documented !== undefined && isJson(documented)) validator.checkReply(request, reply.status, reply.body);
    send(request, response, reply);
    tell(request, 'answered', reply.status);
  };

  const answerFailure: ErrorRequestHandler = async (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const classified = classify(thrown);
    switch (classified.kind) {
      case 'violation':
        await answerViolation(request, response, classified.violations);
        return;
      case 'noCredential':
        await limit.count(contract, arrivalOf(request).address);
        fail(request, response, 'noCredential', {});
        return;
      case 'operational':
        sendText(response, classified.status, classified.text, classified.headers);
        tell(request, 'unread', classified.status);
        return;
      case 'aborted':
        response.destroy();
        return;
      case 'fault':
        fail(request, response, 'fault', {}, classified.detail);
        return;
    }
  };

  const steps = [
    arrive,
    ...(isLimited && limit.isSet ? [throttle] : []),
    refuseRepeatedHeaders,
    ...(mounted.authorize === undefined ? [] : [authorizeBy(mounted.authorize)]),
    ...(operation.request === undefined ? [] : [refuseAllBut(operation.request.mediaType)]),
    ...parsersOf(operation),
    settleForValidator(operation),
    ...validator.steps,
    handle,
  ];
  return { steps, answerFailure };
}

/** Of whoever asks; it is only ever logged. */
function idOfCaller({ headers }: Request): string | undefined {
  const id = headers['x-request-id'];
  return typeof id === 'string' ? id.slice(0, 200) : undefined;
}

/** As it came: of a header that must be sent once, Node shows the first alone. */
function isRepeated({ rawHeaders }: Request, name: string): boolean {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const other = rawHeaders[index];
    if (other?.length === name.length && other.toLowerCase() === name) times += 1;
  }
  return times > 1;
}

function describe(violations: FailureContext['violations']): string {
  return violations.map(({ target, problem }) => `${target} ${problem}`).join('; ');
}
