// How the body of a request is read: parsed within a limit, or, for lines, streamed to the handler.
import express, { type Request, type RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import type { DocumentedOperation } from './documents.ts';
import { requiredMembers } from './example-call.ts';
import { formMediaType, formOf } from './form.ts';
import { linesMediaType, streamedBody, UnsupportedBody } from './streamed-body.ts';
import type { Violation } from './types.ts';

const bodyLimit = 16 * 1024;

/**
 * The validator compiles and keeps one set of schemas for every spelling of a media type, which would let callers fill
 * the memory. It sees the document's spelling alone.
 */
export function settleForValidator({ request: documented, credentialHeader }: DocumentedOperation): RequestHandler {
  return (request, _response, next) => {
    if (documented === undefined) delete request.headers['content-type'];
    else request.headers['content-type'] = documented.mediaType;
    // The validator takes an empty credential for a missing one; it is an invalid one, as a blank is.
    if (credentialHeader !== undefined && request.headers[credentialHeader] === '') {
      request.headers[credentialHeader] = ' ';
    }
    next();
  };
}

/** An operation without a request body reads none. */
export function parsersOf(operation: DocumentedOperation): RequestHandler[] {
  const { request } = operation;
  if (request === undefined) return [];
  const { mediaType } = request;
  if (mediaType === formMediaType) return [express.text({ limit: bodyLimit, type: mediaType }), formOf(operation)];
  if (mediaType === linesMediaType) return [leaveUnread];
  return [express.json({ limit: bodyLimit, type: mediaType, verify: noteEmpty }), requireBody(request)];
}

const empty = new WeakSet<IncomingMessage>();

function noteEmpty(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  if (bytes.length === 0) empty.add(request);
}

/** The request lacks the body that the document requires. */
export class MissingBody extends Error {
  override readonly name = 'MissingBody';
  readonly violations: readonly Violation[];

  constructor(requiredNames: readonly string[]) {
    super('there is no body');
    const missing = requiredNames.map((target) => ({ target, problem: `must have required property '${target}'` }));
    this.violations = missing.length > 0 ? missing : [{ target: 'body', problem: 'is required' }];
  }
}

/**
 * The parser reads no bytes as an empty object, and the validator lets a missing body pass where the schema requires no
 * member. The violations of a missing body are those of an empty object.
 */
function requireBody({ required, schema }: NonNullable<DocumentedOperation['request']>): RequestHandler {
  const names = requiredMembers(schema).map(([name]) => name);
  return (request, _response, next) => {
    if (empty.has(request)) request.body = undefined;
    if (required && request.body === undefined) throw new MissingBody(names);
    next();
  };
}

/** The body that the handler is given. @param timeout seconds for which a client may send nothing of a streamed body */
export function bodyOf({ request: documented }: DocumentedOperation, request: Request, timeout: number): unknown {
  // Express types a body as `any`; the validator has checked it.
  return documented?.mediaType === linesMediaType ? streamedBody(request, timeout) : (request.body as unknown);
}

/** The validator knows complete bodies only; of lines it sees an empty text. */
const leaveUnread: RequestHandler = (request, _response, next) => {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.get('content-type') ?? '')?.[1] ?? 'utf-8';
  const encoding = request.get('content-encoding') ?? 'identity';
  if (!/^utf-?8$/i.test(charset) || encoding.toLowerCase() !== 'identity') throw new UnsupportedBody();
  request.body = '';
  next();
};
