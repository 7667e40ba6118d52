// What a request is known by from its first step on: an id of ours, when it came, from where and by what.
import type { Request } from 'express';
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';

export interface Arrival {
  readonly requestId: string;
  /** Milliseconds, of the clock that only goes forward. */
  readonly since: number;
  readonly address: string | undefined;
  /** Its first 200 characters. */
  readonly userAgent: string | undefined;
}

const arrival = Symbol('arrival');

/** A member of its own: a map beside the requests costs more, again when they are gone. */
interface Arriving extends Request {
  [arrival]?: Arrival;
}

/** A request arrives when this is asked of it first. */
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

/** What a proxy calls an address may be any text; where it is none, the proxy's own counts. */
function addressOf(request: Request): string | undefined {
  // Where no proxy is believed, nothing that one says is read.
  if (request.app.get('trust proxy') === false) return request.socket.remoteAddress;
  return request.ip !== undefined && isIP(request.ip) !== 0 ? request.ip : request.socket.remoteAddress;
}
