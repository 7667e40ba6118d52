// By which names a listener is asked. A page from anywhere can make its own name lead to this machine (DNS rebinding) and
// then read whatever is answered without a token as if it were its own: a browser says in Host what it was led by. An
// address cannot be made to lead elsewhere, nor can localhost (RFC 6761 §6.3).
import type { RequestHandler } from 'express';
import { isIP } from 'node:net';
import { sendText } from './send.ts';

/**
 * Answers 421 (RFC 9110 §15.5.20) to whoever asks by another name.
 * @param names in lower case, besides addresses and localhost
 */
export function onlyNamed(names: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (isOurs(request.headers.host, names)) next();
    else
      sendText(
        response,
        421,
        'Misdirected Request: ask by an address, by localhost, or by a name that this listener was given',
      );
  };
}

function isOurs(host: string | undefined, names: readonly string[]): boolean {
  // Only HTTP/1.0 comes without one, which no browser speaks.
  if (host === undefined) return true;
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(host.toLowerCase()) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain.replace(/\.$/, '');
  return isIP(name) === 4 || name === 'localhost' || names.includes(name);
}
