// What of a request is read, and in which form the validator gets to see it: a body is parsed within a limit, or, where
// the document has it as lines, handed on while it arrives.
import express, { type Request, type RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import type { DocumentedOperation } from './documents.ts';
import { requiredMembers } from './example-call.ts';
import { formMediaType, formOf } from './form.ts';
import { jsonBody } from './json-body.ts';
import { linesMediaType, streamedBody, UnsupportedBody } from './streamed-body.ts';
import type { Violation } from './types.ts';

const bodyLimit = 16 * 1024;

/**
 * The validator compiles and keeps one set of schemas for every spelling of the media type it meets, parameters
 * included: left to callers, that would be theirs to fill the memory with. It gets to see the document's spelling alone.
 */
export function settleForValidator({ request: documented, credentialHeader }: DocumentedOperation): RequestHandler {
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
export function parsersOf(operation: DocumentedOperation): RequestHandler[] {
  const { request } = operation;
  if (request === undefined) return [];
  switch (request.mediaType) {
    case formMediaType:
      return [express.text({ limit: bodyLimit, type: request.mediaType }), formOf(operation)];
    case linesMediaType:
      return [leaveUnread];
    default:
      return [
        jsonBody(
          request.mediaType,
          bodyLimit,
          express.json({ limit: bodyLimit, type: request.mediaType, verify: noteEmpty }),
        ),
        bodyNeeded(request),
      ];
  }
}

const empty = new WeakSet<IncomingMessage>();

function noteEmpty(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  if (bytes.length === 0) empty.add(request);
}

/** A body that the document requires was not sent. */
export class MissingBody extends Error {
  override readonly name = 'MissingBody';
  readonly violations: readonly Violation[];

  /** @param members that it must have */
  constructor(members: readonly string[]) {
    super('there is no body');
    const missing = members.map((target) => ({ target, problem: `must have required property '${target}'` }));
    this.violations = missing.length > 0 ? missing : [{ target: 'body', problem: 'is required' }];
  }
}

/**
 * The validator lets a request without a body pass where the schema requires no member, and the parser makes an object
 * of no bytes at all. What is missing is told as of an empty object.
 */
function bodyNeeded({ required, schema }: NonNullable<DocumentedOperation['request']>): RequestHandler {
  const members = requiredMembers(schema).map(([name]) => name);
  return (request, _response, next) => {
    if (empty.has(request)) request.body = undefined;
    if (required && request.body === undefined) throw new MissingBody(members);
    next();
  };
}

/** What the operation is given as its body. @param patience seconds that a client may send nothing of one that is read as it comes */
export function bodyOf({ request: documented }: DocumentedOperation, request: Request, patience: number): unknown {
  // Express types a body as `any`; the validator has held it against the document.
  return documented?.mediaType === linesMediaType ? streamedBody(request, patience) : (request.body as unknown);
}

/** The validator knows only bodies that are there as a whole; it gets to see an empty text, and the lines pass it by. */
const leaveUnread: RequestHandler = (request, _response, next) => {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.get('content-type') ?? '')?.[1] ?? 'utf-8';
  const encoding = request.get('content-encoding') ?? 'identity';
  if (!/^utf-?8$/i.test(charset) || encoding.toLowerCase() !== 'identity') throw new UnsupportedBody();
  request.body = '';
  next();
};
