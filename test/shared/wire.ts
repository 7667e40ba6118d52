// Requests as they go over the wire, one connection each, and what came back, byte for byte.
import { request as send, type Agent, type IncomingMessage } from 'node:http';

export interface WireAnswer {
  readonly status: number;
  /** In lower case; a header that came twice is joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireCall {
  readonly method: string;
  readonly path: string;
  /** A list of values is sent as so many headers. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array | undefined;
}

export interface Over {
  /** Whose connections are used; one of its own where left out. */
  readonly agent?: Agent;
  readonly timeoutMs?: number;
}

/** Sends one request; rejects where the connection broke, or the time was over, before an answer. */
export function call(
  origin: string,
  { method, path, headers = {}, body }: WireCall,
  { agent, timeoutMs }: Over = {},
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    // `path` as it is: a URL would be normalized.
    const options = { method, path, headers, agent: agent ?? false, ...(timeoutMs && { timeout: timeoutMs }) };
    const request = send(origin + path, options, (response) => {
      answerOf(response).then(resolve, reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${String(timeoutMs)} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** Reads an answer to its end; rejects where it breaks off. */
function answerOf(response: IncomingMessage): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const received = Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]);
      resolve({
        status: response.statusCode ?? 0,
        // Pairs of two texts each.
        headers: Object.fromEntries(received) as Record<string, string>,
        body: Buffer.concat(chunks).toString('utf8'),
      });
    });
  });
}

/** Resolves once nobody is accepted any more: what came before the port was closed is still answered. */
export async function acceptsNoMore(origin: string): Promise<void> {
  for (;;) {
    const outcome = await call(origin, { method: 'GET', path: '/healthz' }).then(
      () => 'answered',
      (reason: unknown) => (reason instanceof Error && 'code' in reason ? reason.code : undefined),
    );
    if (outcome === 'ECONNREFUSED') return;
  }
}

/** The parsed body; fails with the text where it is no JSON. */
export function json(answer: WireAnswer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new Error(`not JSON: ${String(answer.status)} ${answer.body.slice(0, 200)}`);
  }
}
