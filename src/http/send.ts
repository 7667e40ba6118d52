// Writes responses; no other file of this folder writes to an Express response.
import type { Request, Response } from 'express';
import type { OutgoingHttpHeaders } from 'node:http';
import type { DocumentedOperation, DocumentedResponse } from './documents.ts';
import { singleHeaders } from './request.ts';
import type { Page, WireReply } from './types.ts';

/** Returns the headers of every reply of an operation; its document declares both. */
export function commonHeaders(requestId: string): Readonly<Record<string, string>> {
  return { 'Cache-Control': 'no-store', 'X-Request-Id': requestId };
}

/**
 * Sends a reply of an operation in the documented media type of its status.
 * @throws Error for an undocumented status
 */
export function sendReply(
  response: Response,
  operation: DocumentedOperation,
  requestId: string,
  reply: WireReply,
): void {
  const documented = operation.responses.get(reply.status);
  if (documented === undefined) throw new Error(`${operation.operationId} has no status ${String(reply.status)}`);
  const headers = { ...commonHeaders(requestId), ...reply.headers };
  const mediaType = documented.mediaType ?? 'text/plain';
  // Express would look up the charset in a table for every response.
  const contentType = mediaType.includes(';') ? mediaType : `${mediaType}; charset=utf-8`;
  if (isJson(documented)) {
    sendSerialized(response, reply.status, { ...headers, 'Content-Type': contentType }, JSON.stringify(reply.body));
    return;
  }
  response.status(reply.status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  response.setHeader('Content-Type', contentType);
  response.send(String(reply.body));
}

/** Reports whether a response is documented as JSON; the validator checks no other. */
export function isJson({ mediaType }: DocumentedResponse): boolean {
  return mediaType?.endsWith('json') === true;
}

/** Sends a text without what Express' `send` does for caches, HEAD and media types: no reply needs it. */
function sendSerialized(response: Response, status: number, headers: OutgoingHttpHeaders, text: string): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...headers, 'Content-Length': length });
  // In ASCII every character is a byte, so Node can copy instead of encode.
  response.end(text, length === text.length ? 'latin1' : 'utf8');
}

/** Sends a response that belongs to no contract, in plain text like a proxy's. */
export function sendText(
  response: Response,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.status(status).set(headers).type('text/plain').send(`${text}\n`);
}

/** Sends a JSON document that belongs to no contract. */
export function sendJson(response: Response, mediaType: string, body: unknown): void {
  response.status(200).type(mediaType).send(JSON.stringify(body));
}

/** Sends a page; 403 if the page refuses the caller. */
export async function sendPage(request: Request, response: Response, page: Page): Promise<void> {
  const result = await page.read(singleHeaders(request));
  if (result === undefined) {
    sendText(response, 403, 'Forbidden');
    return;
  }
  const hasStatus = typeof result === 'object' && 'status' in result;
  const { status, content } = hasStatus ? result : { status: 200, content: result };
  response
    .status(status)
    .set(page.headers)
    .type(page.mediaType)
    .send(typeof content === 'string' ? content : Buffer.from(content));
}
