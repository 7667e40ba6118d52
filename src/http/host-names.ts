// Accepts requests only under known host names. By DNS rebinding, a page of any site can make its own name resolve to this
// machine and read responses that need no token; the browser then sends that name in Host. IP addresses and localhost (RFC
// 6761 §6.3) cannot be rebound.
import type { RequestHandler } from 'express';
import { isIP } from 'node:net';
import { sendText } from './send.ts';

const refusal = 'Misdirected Request: use an IP address, localhost, or a name in REFRACT_ADMIN_NAMES';

/**
 * Responds with 421 (RFC 9110 §15.5.20) to a request for another host.
 * @param names accepted besides addresses and localhost, in lower case
 */
export function allowHostNames(names: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (isAllowed(request.headers.host, names)) next();
    else sendText(response, 421, refusal);
  };
}

function isAllowed(host: string | undefined, names: readonly string[]): boolean {
  // Only HTTP/1.0 may omit it, and no browser uses that.
  if (host === undefined) return true;
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(host.toLowerCase()) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain.replace(/\.$/, '');
  return isIP(name) === 4 || name === 'localhost' || names.includes(name);
}
