// The headers of a request as adapters and pages read them.
import type { IncomingMessage } from 'node:http';

/** Of a header that came as a list, the first value. */
export function singleHeaders(request: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value[0] : value;
  return headers;
}
