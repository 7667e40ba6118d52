// What Node's own HTTP parser refuses never becomes a request; it is answered on the socket, in plain text.
import type { Server } from 'node:http';
import { isStreaming } from './streamed-body.ts';

const statusOfCode: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers 400, 408 and 431 in the way Node does itself, with a body that says so. */
export function answerParserErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isStreaming(socket)) return;
    const status = statusOfCode[error.code ?? ''] ?? '400 Bad Request';
    const body = `${status.slice(4)}\n`;
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `Content-Length: ${String(body.length)}\r\n\r\n${body}`,
    );
  });
}
