// What is read from a request: its id, its caller, and the value that the operation's handler receives.
import type { Request } from 'express';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { WireRequest } from './types.ts';

export interface RequestContext extends Pick<WireRequest, 'requestId' | 'address' | 'userAgent'> {
  /** Of the monotonic clock. */
  readonly arrivedAtMs: number;
}

const context = Symbol('context');

/** A member of the request costs less than a WeakMap beside it. */
interface RequestWithContext extends Request {
  [context]?: RequestContext;
}

/** Returns the context of a request. The first call creates the request id and reads the clock. */
export function contextOf(request: RequestWithContext): RequestContext {
  const known = request[context];
  if (known !== undefined) return known;
  const created: RequestContext = {
    requestId: randomUUID(),
    arrivedAtMs: performance.now(),
    address: addressOf(request),
    userAgent: request.headers['user-agent']?.slice(0, 200),
  };
  request[context] = created;
  return created;
}

/** A trusted proxy may send any text as an address; if it is not one, the address of the proxy counts. */
function addressOf(request: Request): string | undefined {
  if (request.app.get('trust proxy') === false) return request.socket.remoteAddress;
  return request.ip !== undefined && isIP(request.ip) !== 0 ? request.ip : request.socket.remoteAddress;
}

/** Returns the first 200 characters of the caller's `X-Request-Id`, which is only logged. */
export function callerRequestIdOf({ headers }: Request): string | undefined {
  const id = headers['x-request-id'];
  return typeof id === 'string' ? id.slice(0, 200) : undefined;
}

/** Reads the raw headers, because Node drops the repetitions of some. @param name in lower case */
export function isRepeatedHeader({ rawHeaders }: Request, name: string): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const other = rawHeaders[index];
    if (other?.length === name.length && other.toLowerCase() === name) count += 1;
  }
  return count > 1;
}

/** Returns the request that a handler receives. @param actor the caller's name, if the operation authorizes its callers */
export function wireRequestOf(request: Request, actor: string | undefined, body: unknown): WireRequest {
  const { requestId, address, userAgent } = contextOf(request);
  return {
    ...{ requestId, address, userAgent, actor, body },
    headers: singleHeaders(request),
    parameters: singleValues(request.params),
    query: singleValues(request.query),
  };
}

/** Returns the headers of a request, each with its first value. */
export function singleHeaders({ headers }: IncomingMessage): WireRequest['headers'] {
  const single: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) single[name] = Array.isArray(value) ? value[0] : value;
  return single;
}

/** Returns the first value of each name; the validator has checked all values. */
function singleValues(values: object): Readonly<Record<string, string>> {
  const single: Record<string, string> = {};
  // `Object.entries` types the values of an `object` as `any`.
  for (const [name, value] of Object.entries(values) as [string, unknown][]) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') single[name] = first;
  }
  return single;
}
