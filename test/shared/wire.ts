// Sends requests unchanged, one connection each, and returns responses byte for byte.
import { request as send, type Agent, type IncomingMessage } from 'node:http';

export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; duplicate headers are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireCall {
  readonly method: string;
  readonly path: string;
  /** Each value of a list is sent as a header. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array | undefined;
}

export interface Over {
  /** The agent with the connections; a new connection unless given. */
  readonly agent?: Agent;
  readonly timeoutMs?: number;
}

/** Sends one request; rejects where the connection breaks or the time is up before a response. */
export function call(
  origin: string,
  { method, path, headers = {}, body }: WireCall,
  { agent, timeoutMs }: Over = {},
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    // `path` unchanged: a URL would be normalized.
    const options = { method, path, headers, agent: agent ?? false, ...(timeoutMs && { timeout: timeoutMs }) };
    const request = send(origin + path, options, (response) => {
      responseOf(response).then(resolve, reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no response within ${String(timeoutMs)} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** Reads a complete response; rejects where it is interrupted. */
function responseOf(response: IncomingMessage): Promise<WireAnswer> {
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

/** Resolves once no connection is accepted; earlier requests still get their responses. */
export async function acceptsNoMore(origin: string): Promise<void> {
  for (;;) {
    const outcome = await call(origin, { method: 'GET', path: '/healthz' }).then(
      () => 'accepted',
      (reason: unknown) => (reason instanceof Error && 'code' in reason ? reason.code : undefined),
    );
    if (outcome === 'ECONNREFUSED') return;
  }
}

/** Returns the parsed body. @throws with the text where it is not JSON */
export function json(answer: WireAnswer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw new Error(`not JSON: ${String(answer.status)} ${answer.body.slice(0, 200)}`);
  }
}
