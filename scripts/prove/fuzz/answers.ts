// An answer, held against the document, or against what is said outside of every contract.
import type { Answer } from './documented.ts';
import type { Received } from './exchange.ts';

/** Headers of HTTP itself, which no document declares. */
const transport = ['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'];

/** What of an answer its document does not have. @param beside headers that may be there without being documented */
export function undocumentedIn(documented: Answer, received: Received, beside: RegExp): readonly string[] {
  const found: string[] = [];
  const known = [...transport, ...documented.headers.keys()];
  for (const [name, values] of Object.entries(received.headers)) {
    if (!known.includes(name) && !beside.test(name)) found.push(`the header ${name} is not documented`);
    if (values.length > 1) found.push(`the header ${name} came ${String(values.length)} times`);
  }
  for (const [name, { isRequired, isNumber, misfit }] of documented.headers) {
    const value = received.headers[name]?.[0];
    if (value === undefined && isRequired) found.push(`the required header ${name} is missing`);
    // A number as RFC 9110 writes it, and not whatever JavaScript would read as one.
    const read = isNumber && value !== undefined && /^\d+$/.test(value) ? Number(value) : value;
    const wrong = value === undefined ? undefined : misfit(read);
    if (wrong !== undefined) found.push(`the header ${name}: ${wrong}`);
  }
  return [...found, ...wrongInBody(documented, received)];
}

function wrongInBody({ body: documented }: Answer, { headers, body }: Received): readonly string[] {
  const [mediaType = 'none', ...parameters] = (headers['content-type']?.[0] ?? '').split(/\s*;\s*/);
  if (documented === undefined) return body.length === 0 ? [] : ['a body, where none is documented'];
  if (mediaType !== documented.mediaType) return [`the media type is ${mediaType}, not ${documented.mediaType}`];
  const other = parameters.find((parameter) => parameter.toLowerCase() !== 'charset=utf-8');
  if (other !== undefined) return [`the media type has ${other}`];
  const text = textIn(body);
  if (text === undefined) return ['the body is not UTF-8'];
  if (!mediaType.endsWith('json')) return complaint('the body', documented.misfit(text));
  const value = jsonIn(text);
  return value === undefined ? ['the body is not JSON'] : complaint('the body', documented.misfit(value.json));
}

function complaint(what: string, wrong: string | undefined): readonly string[] {
  return wrong === undefined ? [] : [`${what}: ${wrong}`];
}

export function textIn(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** Wrapped, since `null` is JSON as well; nothing where the text is none. */
export function jsonIn(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** What is answered outside of the contracts, by status, as plain text in one line. */
const outside: Readonly<Record<number, RegExp>> = {
  400: /^Bad Request\n$/,
  404: /^Not Found\n$/,
  405: /^Method Not Allowed\n$/,
  413: /^Content Too Large\n$/,
  415: /^Unsupported Media Type\n$/,
  421: /^Misdirected Request: [^\n<]+\n$/,
};

/** @param allow the methods of the path, where it is 405 */
export function wrongOutside(
  { status, headers, body }: Received,
  { beside, isHead, allow }: { readonly beside: RegExp; readonly isHead: boolean; readonly allow?: readonly string[] },
): readonly string[] {
  const found: string[] = [];
  const known = allow === undefined ? transport : [...transport, 'allow'];
  for (const name of Object.keys(headers)) {
    if (!known.includes(name) && !beside.test(name)) found.push(`a ${String(status)} has the header ${name}`);
  }
  const mediaType = headers['content-type']?.join();
  if (mediaType !== 'text/plain; charset=utf-8')
    found.push(`a ${String(status)} is ${mediaType ?? 'of no media type'}`);
  const text = textIn(body) ?? '';
  const isRight = isHead ? text === '' : outside[status]?.test(text);
  if (isRight !== true) found.push(`a ${String(status)} says ${JSON.stringify(text.slice(0, 80))}`);
  // RFC 9110 §15.5.6: the methods that there are.
  const told = headers['allow']
    ?.join()
    .split(/\s*,\s*/)
    .sort()
    .join();
  if (allow !== undefined && told !== [...allow].sort().join()) {
    found.push(`a 405 ${told === undefined ? 'has no Allow' : `allows ${told}`}, and the document has ${allow.join()}`);
  }
  return found;
}
