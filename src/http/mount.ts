// The way of a request through one operation, in the order it is walked:
// limit → form of headers and body → validator of this contract alone → handler → validator → send.
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { arrivalOf } from './arrival.ts';
import { classify } from './classify.ts';
import { corsSteps } from './cors.ts';
import type { ContractDocument, DocumentedOperation } from './documents.ts';
import { fullPath } from './example-call.ts';
import type { FailureLimit } from './limits.ts';
import { formMediaType, formOf } from './form.ts';
import { sendReply, sendText } from './send.ts';
import { singleHeaders } from './single-headers.ts';
import type { FailureContext, HttpEvent, HttpFailure, Mount, MountedOperation, WireReply } from './types.ts';
import { checkDocument, validatorOf } from './validator.ts';

const bodyLimit = 16 * 1024;

export interface MountOptions {
  readonly limit: FailureLimit;
  readonly observe: (event: HttpEvent) => void;
}

/** One operation of a contract with the way of its requests, which compiles its schemas at the first of them. */
export interface Way {
  readonly route: string;
  readonly steps: readonly (RequestHandler | ErrorRequestHandler)[];
}

/** The ways through all operations of a contract; an app that is made anew may take those of the one before. */
export function waysThrough({ document, operations, corsOrigins }: Mount, options: MountOptions): readonly Way[] {
  checkDocument(document);
  return document.operations.map((operation) => {
    const mounted = operations.get(operation.operationId);
    // The check at boot has refused a document like this one already.
    if (mounted === undefined) throw new Error(`${document.name}: ${operation.operationId} has no handler`);
    const route = routeOf(document, operation);
    const steps = stepsOf(document.name, operation, mounted, validatorOf(document, operation, route), options);
    return {
      route,
      steps: [...corsSteps(corsOrigins), onlyMethod(document, operation), ...steps],
    };
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
  validate: RequestHandler[],
  { limit, observe }: MountOptions,
): (RequestHandler | ErrorRequestHandler)[] {
  const tell = (request: Request, type: HttpEvent['type'], status: number, detail?: string): void => {
    const callerRequestId = request.get('x-request-id')?.slice(0, 200);
    const { operationId } = operation;
    const { requestId, since, address } = arrivalOf(request);
    const seconds = (performance.now() - since) / 1000;
    const caller = {
      callerRequestId,
      address,
      userAgent: request.get('user-agent')?.slice(0, 200),
    };
    observe({ type, contract, operationId, requestId, ...caller, status, seconds, detail });
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

  const answerViolation = async (request: Request, response: Response, violations: FailureContext['violations']) => {
    await limit.count(contract, arrivalOf(request).address);
    fail(request, response, 'violation', { violations }, describe(violations));
  };

  const throttle: RequestHandler = async (request, response, next) => {
    const retryAfter = await limit.waitFor(contract, arrivalOf(request).address);
    if (retryAfter === 0) next();
    else fail(request, response, 'throttled', { retryAfter });
  };

  const once = [operation.credentialHeader, 'content-type'].filter((name) => name !== undefined);
  const refuseRepeatedHeaders: RequestHandler = async (request, response, next) => {
    const repeated = once.find((name) => (request.headersDistinct[name]?.length ?? 0) > 1);
    if (repeated === undefined) {
      next();
      return;
    }
    await answerViolation(request, response, [{ target: repeated, problem: 'must be sent once' }]);
  };

  const actors = new WeakMap<Request, string>();
  const authorize: RequestHandler = async (request, response, next) => {
    const { authorize: nameOf } = mounted;
    if (nameOf === undefined) {
      next();
      return;
    }
    const actor = nameOf(operation.credentialHeader && request.get(operation.credentialHeader));
    if (actor === undefined) {
      await limit.count(contract, arrivalOf(request).address);
      fail(request, response, 'noCredential', {});
      return;
    }
    actors.set(request, actor);
    next();
  };

  const refuseOtherMediaTypes: RequestHandler = async (request, response, next) => {
    if (operation.request === undefined || typeof request.is(operation.request.mediaType) === 'string') {
      next();
      return;
    }
    const problem = `must be sent as ${operation.request.mediaType}`;
    await answerViolation(request, response, [{ target: 'body', problem }]);
  };

  const handle: RequestHandler = async (request, response) => {
    const { reply, failed } = await mounted.handle({
      requestId: arrivalOf(request).requestId,
      headers: singleHeaders(request),
      parameters: singleValues(request.params),
      query: singleValues(request.query),
      actor: actors.get(request),
      // Express types a body as `any`; the validator has held it against the document.
      body: request.body as unknown,
    });
    if (failed) await limit.count(contract, arrivalOf(request).address);
    send(request, response, reply);
    // A reply that broke its document was not sent, and is told of as a fault.
    if (response.headersSent) tell(request, 'answered', reply.status);
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
        sendText(response, classified.status, classified.text);
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

  return [
    throttle,
    refuseRepeatedHeaders,
    authorize,
    refuseOtherMediaTypes,
    ...parsersOf(operation),
    settleForValidator(operation),
    ...validate,
    handle,
    answerFailure,
  ];
}

/**
 * The validator compiles and keeps one set of schemas for every spelling of the media type it meets, parameters
 * included: left to callers, that would be theirs to fill the memory with. It gets to see the document's spelling alone.
 */
function settleForValidator({ request: documented, credentialHeader }: DocumentedOperation): RequestHandler {
  return (request, _response, next) => {
    if (documented === undefined) delete request.headers['content-type'];
    else request.headers['content-type'] = documented.mediaType;
    // It takes an empty credential for none; a blank one is what it is, a credential that is not valid.
    if (credentialHeader !== undefined && request.headers[credentialHeader] === '') {
      request.headers[credentialHeader] = ' ';
    }
    next();
  };
}

/** An operation without a body does not read one: whatever was sent is ignored. */
function parsersOf(operation: DocumentedOperation): RequestHandler[] {
  const { request } = operation;
  if (request === undefined) return [];
  return request.mediaType === formMediaType
    ? [express.text({ limit: bodyLimit, type: request.mediaType }), formOf(operation)]
    : [express.json({ limit: bodyLimit, type: request.mediaType })];
}

/** Of a value that came as a list, the first; the validator has seen them all. */
function singleValues(values: object): Readonly<Record<string, string>> {
  const single: Record<string, string> = {};
  // Of an object's values nothing is known.
  for (const [name, value] of Object.entries(values) as [string, unknown][]) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') single[name] = first;
  }
  return single;
}

function describe(violations: FailureContext['violations']): string {
  return violations.map(({ target, problem }) => `${target} ${problem}`).join('; ');
}
