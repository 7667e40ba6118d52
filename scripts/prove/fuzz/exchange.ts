// Sends a request over a connection of its own, and reads the answer strictly.
import { request } from 'node:http';
import type { WireCall } from '../../../test/shared/wire.ts';

export interface Received {
  readonly status: number;
  /** By name in lower case, with every value that came. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/** Milliseconds within which anything is answered, on however busy a machine. */
const patience = 15_000;

/** @throws where no whole answer came */
export function exchange(origin: string, { method, path, headers = {}, body }: WireCall): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sent = request(origin + path, { method, path, headers, agent: false, timeout: patience }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const received = Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values] as const);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(received),
          body: Buffer.concat(chunks),
        });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`nothing was answered within ${String(patience)} ms`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
