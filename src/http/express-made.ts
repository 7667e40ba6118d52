// Requests and responses that are Express' own from the first. Express gives each of Node's another prototype when it
// arrives, which makes whatever reads them afterwards slower; where they have it already, nothing changes.
import type { Express } from 'express';
import { IncomingMessage, ServerResponse } from 'node:http';

/** What a server is to make its requests and responses of, as options of `createServer`. */
export interface MadeOf {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Makes classes with the prototypes that `app` gives requests and responses. */
export function madeForExpress(app: Express): MadeOf {
  class Request extends IncomingMessage {}
  class Response<Answered extends IncomingMessage = IncomingMessage> extends ServerResponse<Answered> {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  Object.assign(app, { request: Request.prototype, response: Response.prototype });
  return { IncomingMessage: Request, ServerResponse: Response };
}
