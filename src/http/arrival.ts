// What a request is known by from its first step on: an id of ours, and when it came.
import type { Request } from 'express';
import { randomUUID } from 'node:crypto';

export interface Arrival {
  readonly requestId: string;
  /** Milliseconds, of the clock that only goes forward. */
  readonly since: number;
}

const arrivals = new WeakMap<Request, Arrival>();

/** A request arrives when this is asked of it first. */
export function arrivalOf(request: Request): Arrival {
  const known = arrivals.get(request);
  if (known !== undefined) return known;
  const arrived = { requestId: randomUUID(), since: performance.now() };
  arrivals.set(request, arrived);
  return arrived;
}
