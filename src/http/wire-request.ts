// A request as an operation's handler is given it.
import type { Request } from 'express';
import type { Arrival } from './arrival.ts';
import { singleHeaders } from './single-headers.ts';
import type { WireRequest } from './types.ts';

/**
 * Most adapters read one of headers, parameters and query, or none, so each is made when it is read. By a class: an
 * object with getters of its own has a shape of its own as well, which V8 keeps, and with it all that the getters see,
 * until all memory is looked through.
 */
export class ReadRequest implements WireRequest {
  readonly requestId: string;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly actor: string | undefined;
  readonly body: unknown;
  readonly #request: Request;

  /** @param actor who asks, where the operation authorizes its callers */
  constructor(request: Request, { requestId, address, userAgent }: Arrival, actor: string | undefined, body: unknown) {
    this.requestId = requestId;
    this.address = address;
    this.userAgent = userAgent;
    this.actor = actor;
    this.body = body;
    this.#request = request;
  }

  get headers(): WireRequest['headers'] {
    return singleHeaders(this.#request);
  }

  get parameters(): WireRequest['parameters'] {
    return singleValues(this.#request.params);
  }

  get query(): WireRequest['parameters'] {
    return singleValues(this.#request.query);
  }
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
