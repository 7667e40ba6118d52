// The path of a request through one operation, in order: limit, headers, body, validator, handler, validator of the
// response, send. An operation that authorizes its callers does so first, and limits only wrong credentials.
import cors from 'cors';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { composeSteps, type Route } from './app.ts';
import { bodyOf, createBodyParsers, normalizeHeaders } from './body.ts';
import { classifyError } from './classify.ts';
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { fullPath } from './example-call.ts';
import type { FailureLimit } from './limits.ts';
import { callerRequestIdOf, contextOf, isRepeatedHeader, wireRequestOf } from './request.ts';
import { isJson, sendReply, sendText } from './send.ts';
import type { FailureContext, HttpEvent, HttpFailure, Mount, MountedOperation, Violation } from './types.ts';
import { checkReferences, operationValidator, type OperationValidator } from './validator/operation.ts';
import type { WarmUp } from './warm-up.ts';

export interface RouteOptions {
  readonly limit: FailureLimit;
  readonly observe: (event: HttpEvent) => void;
  readonly warmUp: WarmUp;
  /** Seconds that a streamed body may pause. */
  readonly stallTimeout: number;
}

/** Creates the routes of a contract. They compile their schemas at the first request, and a new app may reuse them. */
export function createRoutes({ document, operations, corsOrigins }: Mount, options: RouteOptions): readonly Route[] {
  checkReferences(document);
  return document.operations.map((operation) => {
    const mounted = operations.get(operation.operationId);
    // checkReplies has refused such a document already.
    if (mounted === undefined) throw new Error(`${document.name}: ${operation.operationId} has no handler`);
    // `{name}` of OpenAPI is `:name` of Express.
    const path = fullPath(document, operation.path.replaceAll(/\{(\w+)\}/g, ':$1'));
    const validator = operationValidator(document, operation, path);
    const { steps, handleError } = createSteps({ contract: document.name, operation, mounted, validator, ...options });
    const first = [...corsSteps(corsOrigins), allowMethod(document, operation)];
    return { path, handle: composeSteps([...first, ...steps], handleError) };
  });
}

/** Handles calls from pages of the allowed origins (fetch.spec.whatwg.org, "CORS protocol"); all others get no header. */
function corsSteps(origins: readonly string[] = []): RequestHandler[] {
  if (origins.length === 0) return [];
  const handle = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    exposedHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: 600,
  });
  return [
    (request, response, next) => {
      // Without this header an OPTIONS request is not a preflight.
      const isPreflight = request.get('access-control-request-method') !== undefined;
      if (request.method === 'OPTIONS' && !isPreflight) next();
      else handle(request, response, next);
    },
  ];
}

/** Responds with 405 and the methods of the path to all other methods (RFC 9110 §15.5.6). */
function allowMethod(document: ContractDocument, operation: DocumentedOperation): RequestHandler {
  const siblings = document.operations.filter(({ path }) => path === operation.path);
  const allowed = siblings.map(({ method }) => method.toUpperCase());
  return (request, response, next) => {
    if (request.method.toLowerCase() === operation.method) next();
    else if (allowed.includes(request.method)) next('route');
    else sendText(response, 405, 'Method Not Allowed', { Allow: allowed.join(', ') });
  };
}

interface StepParts extends RouteOptions {
  readonly contract: string;
  readonly operation: DocumentedOperation;
  readonly mounted: MountedOperation;
  readonly validator: OperationValidator;
}

interface Steps {
  readonly steps: readonly RequestHandler[];
  readonly handleError: ErrorRequestHandler;
}

function createSteps(parts: StepParts): Steps {
  const { contract, operation, mounted, validator, limit, observe, warmUp, stallTimeout } = parts;
  const emit = (request: Request, type: HttpEvent['type'], status: number, detail?: string): void => {
    const { operationId } = operation;
    const { arrivedAtMs, ...caller } = contextOf(request);
    const callerRequestId = callerRequestIdOf(request);
    const seconds = (performance.now() - arrivedAtMs) / 1000;
    const event = { type, contract, operationId, callerRequestId, ...caller, status, seconds, detail };
    if (warmUp.isRunning) warmUp.events.push(event);
    else observe(event);
  };
  const fail = (
    request: Request,
    response: Response,
    kind: HttpFailure,
    about: Partial<FailureContext> = {},
    detail?: string,
  ) => {
    const { requestId } = contextOf(request);
    const reply = mounted.failure(kind, { requestId, violations: [], retryAfter: 1, ...about });
    emit(request, kind, reply.status, detail);
    sendReply(response, operation, requestId, reply);
  };
  const countFailure = (request: Request): Promise<void> => limit.count(contract, contextOf(request).address);
  const waitFor = (request: Request): Promise<number> => limit.waitFor(contract, contextOf(request).address);

  // An operation that authorizes its callers counts only wrong credentials: a valid one is never throttled.
  const countsViolations = mounted.authorize === undefined;

  const failViolation = async (request: Request, response: Response, violations: readonly Violation[]) => {
    if (countsViolations) await countFailure(request);
    const detail = violations.map(({ target, problem }) => `${target} ${problem}`).join('; ');
    fail(request, response, 'violation', { violations }, detail);
  };

  const startClock: RequestHandler = (request, _response, next) => {
    contextOf(request);
    next();
  };

  const throttle: RequestHandler = async (request, response, next) => {
    const retryAfter = await waitFor(request);
    if (retryAfter === 0) next();
    else fail(request, response, 'throttled', { retryAfter });
  };

  const singleNames = [operation.credentialHeader, 'content-type'].filter((name) => name !== undefined);
  const refuseRepeatedHeaders: RequestHandler = (request, response, next) => {
    const repeated = singleNames.find((name) => isRepeatedHeader(request, name));
    if (repeated !== undefined) {
      return failViolation(request, response, [{ target: repeated, problem: 'must be sent once' }]);
    }
    next();
    return undefined;
  };

  const actors = new WeakMap<Request, string>();
  const authorizeWith =
    (authorize: NonNullable<MountedOperation['authorize']>): RequestHandler =>
    async (request, response, next) => {
      const credential = operation.credentialHeader && request.get(operation.credentialHeader);
      const actor = warmUp.isRunning ? 'warm-up' : authorize(credential);
      if (actor !== undefined) {
        actors.set(request, actor);
        next();
        return;
      }
      // A missing credential is not a guess.
      const isGuess = credential !== undefined && credential !== '';
      const retryAfter = isGuess ? await waitFor(request) : 0;
      if (retryAfter > 0) {
        fail(request, response, 'throttled', { retryAfter });
        return;
      }
      if (isGuess) await countFailure(request);
      fail(request, response, 'noCredential');
    };

  const requireMediaType =
    (mediaType: string): RequestHandler =>
    (request, response, next) => {
      // The comparison is quick and decides most requests.
      if (request.headers['content-type'] === mediaType || typeof request.is(mediaType) === 'string') {
        next();
        return undefined;
      }
      return failViolation(request, response, [{ target: 'body', problem: `must be sent as ${mediaType}` }]);
    };

  const sample = Promise.resolve({ reply: mounted.sampleSuccess, failed: false });
  const handle: RequestHandler = async (request, response) => {
    const wireRequest = wireRequestOf(request, actors.get(request), bodyOf(operation, request, stallTimeout));
    const { reply, failed } = await (warmUp.isRunning ? sample : mounted.handle(wireRequest));
    if (failed && countsViolations) await countFailure(request);
    const documented = operation.responses.get(reply.status);
    if (documented !== undefined && isJson(documented)) validator.checkReply(request, reply.status, reply.body);
    sendReply(response, operation, wireRequest.requestId, reply);
    emit(request, 'answered', reply.status);
  };

  const handleError: ErrorRequestHandler = async (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const error = classifyError(thrown);
    switch (error.kind) {
      case 'violation':
        await failViolation(request, response, error.violations);
        return;
      case 'noCredential':
        await countFailure(request);
        fail(request, response, 'noCredential');
        return;
      case 'operational':
        sendText(response, error.status, error.text, error.headers);
        emit(request, 'unread', error.status);
        return;
      case 'aborted':
        response.destroy();
        return;
      case 'fault':
        fail(request, response, 'fault', {}, error.detail);
        return;
    }
  };

  const steps = [
    startClock,
    ...(countsViolations && limit.isSet ? [throttle] : []),
    refuseRepeatedHeaders,
    ...(mounted.authorize === undefined ? [] : [authorizeWith(mounted.authorize)]),
    ...(operation.request === undefined ? [] : [requireMediaType(operation.request.mediaType)]),
    ...createBodyParsers(operation),
    normalizeHeaders(operation),
    ...validator.steps,
    handle,
  ];
  return { steps, handleError };
}
