// Reads the body of a request: JSON and forms up to a limit, and lines as a stream.
import express, { type Request, type RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import type { DocumentedOperation } from './documents.ts';
import { isObject, type JsonObject } from './documents/source.ts';
import { formMediaType, linesMediaType, requiredMembers } from './example-call.ts';
import { AbortedBody, streamBody, UnsupportedBody } from './streamed-body.ts';
import type { Violation } from './types.ts';

const maxBodyBytes = 16 * 1024;

type DocumentedRequest = NonNullable<DocumentedOperation['request']>;

/** A body that violates the document in a way that the validator does not see. */
export class InvalidBody extends Error {
  override readonly name = 'InvalidBody';
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super('the body violates the document');
    this.violations = violations;
  }
}

/** Returns the steps that parse the body of an operation. An operation without a body ignores what was sent. */
export function createBodyParsers({ request }: DocumentedOperation): RequestHandler[] {
  if (request === undefined) return [];
  const { mediaType, schema } = request;
  switch (mediaType) {
    case formMediaType:
      return [express.text({ limit: maxBodyBytes, type: mediaType }), createFormParser(schema)];
    case linesMediaType:
      return [prepareStream];
    default:
      return [createJsonParser(mediaType, maxBodyBytes), requireBody(request)];
  }
}

/**
 * Shows the validator the media type as the document spells it. The validator keeps one set of schemas for every spelling,
 * so callers could otherwise fill the memory.
 */
export function normalizeHeaders({ request: documented, credentialHeader }: DocumentedOperation): RequestHandler {
  return (request, _response, next) => {
    if (documented === undefined) delete request.headers['content-type'];
    else request.headers['content-type'] = documented.mediaType;
    // The validator treats an empty credential as missing; it is present and invalid.
    if (credentialHeader !== undefined && request.headers[credentialHeader] === '') {
      request.headers[credentialHeader] = ' ';
    }
    next();
  };
}

/** Returns the body for the handler. @param stallTimeout seconds that a streamed body may pause */
export function bodyOf({ request: documented }: DocumentedOperation, request: Request, stallTimeout: number): unknown {
  // Express types a body as `any`; the validator has validated it.
  return documented?.mediaType === linesMediaType ? streamBody(request, stallTimeout) : (request.body as unknown);
}

/** A body that is not a JSON object or list. Express' parser reports the same status. */
class UnreadableBody extends Error {
  readonly status = 400;
}

/**
 * Parses JSON. Bodies of a known length in the documented media type are read here, at a fraction of the time; all others
 * are read by `others`, Express' parser, with the same result.
 */
export function createJsonParser(
  mediaType: string,
  maxBytes: number,
  others: RequestHandler = express.json({ limit: maxBytes, type: mediaType, verify: noteEmptyBody }),
): RequestHandler {
  return (request, response, next) => {
    if (!isPlain(request, mediaType, maxBytes)) return others(request, response, next);
    const chunks: Buffer[] = [];
    let isRead = false;
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      isRead = true;
      try {
        request.body = parseJson(chunks);
      } catch (reason) {
        next(reason);
        return;
      }
      next();
    });
    request.on('close', () => {
      if (!isRead) next(new AbortedBody());
    });
    return undefined;
  };
}

function isPlain({ headers }: Request, mediaType: string, maxBytes: number): boolean {
  const length = Number(headers['content-length']);
  return (
    headers['content-type'] === mediaType &&
    length > 0 &&
    length <= maxBytes &&
    headers['content-encoding'] === undefined
  );
}

/** @throws UnreadableBody */
function parseJson(chunks: readonly Buffer[]): object {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  const text = bytes.toString();
  let value: unknown;
  try {
    // RFC 8259 §8.1: a parser may ignore a byte order mark.
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (reason) {
    throw new UnreadableBody('the body is not JSON', { cause: reason });
  }
  if (typeof value !== 'object' || value === null) throw new UnreadableBody('the body is not an object');
  return value;
}

const emptyBodies = new WeakSet<IncomingMessage>();

function noteEmptyBody(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  if (bytes.length === 0) emptyBodies.add(request);
}

/**
 * Reports a missing body like an empty object. Express' parser makes an object of no bytes, and the validator accepts a
 * missing body if the schema requires no member.
 */
function requireBody({ required, schema }: DocumentedRequest): RequestHandler {
  const missing = requiredMembers(schema).map(([target]) => ({
    target,
    problem: `must have required property '${target}'`,
  }));
  return (request, _response, next) => {
    if (emptyBodies.has(request)) request.body = undefined;
    if (required && request.body === undefined) {
      throw new InvalidBody(missing.length > 0 ? missing : [{ target: 'body', problem: 'is required' }]);
    }
    next();
  };
}

/**
 * Parses a form as RFC 6749 §3.2 does: flat strings, a parameter without a value is omitted, and a repeated one is refused
 * if the document has it (RFC 8707 §2 repeats `resource`). Names such as `a[]` are not nested.
 */
function createFormParser(schema: JsonObject): RequestHandler {
  const known = memberNames(schema);
  return (request, _response, next) => {
    // Express types a body as `any`; without a body it is not a text.
    const body = request.body as unknown;
    const pairs = [...new URLSearchParams(typeof body === 'string' ? body : '')];
    const repeated = [...known].filter((name) => pairs.filter(([other]) => other === name).length > 1);
    if (repeated.length > 0) {
      throw new InvalidBody(repeated.map((target) => ({ target, problem: 'must be sent once' })));
    }
    request.body = Object.fromEntries(pairs.filter(([, value]) => value !== ''));
    next();
  };
}

/** Returns the member names at all levels of a combined schema. */
function memberNames({ properties, allOf, oneOf, anyOf }: JsonObject): ReadonlySet<string> {
  const parts = [allOf, oneOf, anyOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const nested = parts.flatMap((part) => (isObject(part) ? [...memberNames(part)] : []));
  return new Set([...(isObject(properties) ? Object.keys(properties) : []), ...nested]);
}

/** Leaves the lines unread and shows the validator an empty text, since it knows only complete bodies. */
const prepareStream: RequestHandler = (request, _response, next) => {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.get('content-type') ?? '')?.[1] ?? 'utf-8';
  const encoding = request.get('content-encoding') ?? 'identity';
  if (!/^utf-?8$/i.test(charset) || encoding.toLowerCase() !== 'identity') throw new UnsupportedBody();
  request.body = '';
  next();
};
