// A JSON body as nearly everybody sends it: of a known length, plainly written, in the documented media type. Anything
// else is left to Express' parser, which takes several times as long and answers to much more.
import type { Request, RequestHandler } from 'express';
import { BrokenBody } from './streamed-body.ts';

/** A body that is no JSON object or list; the status is the one by which Express' parser says so. */
class UnreadableBody extends Error {
  readonly status = 400;
}

/**
 * Reads a body as Express' own parser would.
 * @param limit bytes
 * @param others what reads those that are not plain
 */
export function jsonBody(mediaType: string, limit: number, others: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (!isPlain(request, mediaType, limit)) return others(request, response, next);
    const pieces: Buffer[] = [];
    let isRead = false;
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      isRead = true;
      try {
        request.body = parsed(pieces);
      } catch (reason) {
        next(reason);
        return;
      }
      next();
    });
    request.on('close', () => {
      if (!isRead) next(new BrokenBody());
    });
    return undefined;
  };
}

function isPlain({ headers }: Request, mediaType: string, limit: number): boolean {
  const length = Number(headers['content-length']);
  return (
    headers['content-type'] === mediaType && length > 0 && length <= limit && headers['content-encoding'] === undefined
  );
}

/** @throws UnreadableBody */
function parsed(pieces: readonly Buffer[]): object {
  const [first] = pieces;
  const bytes = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
  const text = bytes.toString();
  let value: unknown;
  try {
    // A byte order mark is no part of the text (RFC 8259 §8.1 lets a parser ignore it).
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (reason) {
    throw new UnreadableBody('the body is no JSON', { cause: reason });
  }
  if (typeof value !== 'object' || value === null) throw new UnreadableBody('the body is no object');
  return value;
}
