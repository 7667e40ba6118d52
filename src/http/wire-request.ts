// A request from its first step, when it gets an id, to the value that the operation's handler is given.
import type { Request } from 'express';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { WireRequest } from './types.ts';

export interface Arrival extends Pick<WireRequest, 'requestId' | 'address' | 'userAgent'> {
  /** Milliseconds of the monotonic clock. */
  readonly since: number;
}

const arrival = Symbol('arrival');

/** A member of the request costs less than a WeakMap beside it. */
interface Arriving extends Request {
  [arrival]?: Arrival;
}

/** The first call for a request makes its id and takes its time. */
export function arrivalOf(request: Arriving): Arrival {
  const known = request[arrival];
  if (known !== undefined) return known;
  const arrived: Arrival = {
    requestId: randomUUID(),
    since: performance.now(),
    address: addressOf(request),
    userAgent: request.headers['user-agent']?.slice(0, 200),
  };
  request[arrival] = arrived;
  return arrived;
}

/** A proxy may send any text as an address; where it is none, the proxy's own address counts. */
function addressOf(request: Request): string | undefined {
  if (request.app.get('trust proxy') === false) return request.socket.remoteAddress;
  return request.ip !== undefined && isIP(request.ip) !== 0 ? request.ip : request.socket.remoteAddress;
}

/** @param actor the caller's name, where the operation authorizes its callers */
export function wireRequestOf(request: Request, actor: string | undefined, body: unknown): WireRequest {
  const { requestId, address, userAgent } = arrivalOf(request);
  return {
    requestId,
    address,
    userAgent,
    headers: singleHeaders(request),
    parameters: singleValues(request.params),
    query: singleValues(request.query),
    body,
    actor,
  };
}

/** Of a header that came as a list, the first value. */
export function singleHeaders({ headers }: IncomingMessage): WireRequest['headers'] {
  const single: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) single[name] = Array.isArray(value) ? value[0] : value;
  return single;
}

/** Of a value that came as a list, the first one; the validator has seen them all. */
function singleValues(values: object): Readonly<Record<string, string>> {
  const single: Record<string, string> = {};
  // An object's values have no type.
  for (const [name, value] of Object.entries(values) as [string, unknown][]) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') single[name] = first;
  }
  return single;
}
