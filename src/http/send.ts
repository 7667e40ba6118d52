// The only place that writes to a response.
import type { Request, Response } from 'express';
import type { OutgoingHttpHeaders } from 'node:http';
import type { DocumentedOperation, DocumentedResponse } from './documents.ts';
import { singleHeaders } from './single-headers.ts';
import type { Page, WireReply } from './types.ts';

/** The headers that every reply of an operation has; its document declares both. */
export function commonHeaders(requestId: string): Readonly<Record<string, string>> {
  return { 'Cache-Control': 'no-store', 'X-Request-Id': requestId };
}

/**
 * Sends an operation's reply in the media type that its document gives the status.
 * @throws Error for a status that the document does not have
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
  // As Express would write it, which looks each up in a table every time.
  const contentType = mediaType.includes(';') ? mediaType : `${mediaType}; charset=utf-8`;
  if (isJson(documented)) {
    sendLean(response, reply.status, { ...headers, 'Content-Type': contentType }, JSON.stringify(reply.body));
    return;
  }
  response.status(reply.status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  response.setHeader('Content-Type', contentType);
  response.send(String(reply.body));
}

/** Whether a response is documented as JSON, which is what the validator knows. */
export function isJson({ mediaType }: DocumentedResponse): boolean {
  return mediaType?.endsWith('json') === true;
}

/**
 * Sends a text as it is. Express would look whether it has changed since, is asked for by HEAD or has a media type;
 * none of that becomes of a reply.
 */
function sendLean(response: Response, status: number, headers: OutgoingHttpHeaders, text: string): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, { ...headers, 'Content-Length': length });
  // Of ASCII alone, which most are, every character is a byte, and Node need not encode them anew.
  response.end(text, length === text.length ? 'latin1' : 'utf8');
}

/** Sends an answer that belongs to no contract: plain text, the same for all, like a proxy's. */
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

/** Sends a page of ours; 403 to a caller whom it is not for. */
export async function sendPage(request: Request, response: Response, page: Page): Promise<void> {
  const answer = await page.read(singleHeaders(request));
  if (answer === undefined) {
    sendText(response, 403, 'Forbidden');
    return;
  }
  const isPlain = typeof answer === 'string' || answer instanceof Uint8Array;
  const { status, content } = isPlain ? { status: 200, content: answer } : answer;
  response
    .status(status)
    .set(page.headers)
    .type(page.mediaType)
    .send(typeof content === 'string' ? content : Buffer.from(content));
}
