// What of a request is read, and in which form the validator gets to see it.
import express, { type RequestHandler } from 'express';
import type { DocumentedOperation } from './documents.ts';
import { formMediaType, formOf } from './form.ts';

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
  return request.mediaType === formMediaType
    ? [express.text({ limit: bodyLimit, type: request.mediaType }), formOf(operation)]
    : [express.json({ limit: bodyLimit, type: request.mediaType })];
}
