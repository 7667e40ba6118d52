// A proxy between the tabs and the server: it serves the page with a bundle of the clients, forwards every refresh, and
// injects the faults of networks and proxies.
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { closable, listen } from '../../src/http/listening.ts';
import { call } from '../shared/wire.ts';
import { root } from '../structure/tree.ts';

/** A fault of one refresh. */
export type FrontFault =
  | 'the response is lost'
  | 'the request is lost'
  | 'the response never comes'
  | { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> };

export interface Front {
  readonly origin: string;
  /** The number of refreshes so far. */
  readonly refreshCount: () => number;
  /** Called for each refresh, in order. */
  fault: () => FrontFault | undefined;
  readonly stop: () => Promise<void>;
}

/** A tab: its session and the events of the session. The address names the contract, and may remove Web Locks. */
const page = `<!doctype html>
<html lang="en"><head><title>A tab</title><link rel="icon" href="data:," /></head><body><script type="module">
  const query = new URLSearchParams(location.search);
  const contract = query.get('contract');
  if (query.has('lockless')) Object.defineProperty(navigator, 'locks', { value: undefined });
  const { createSession, ...contracts } = await import('/client.js');
  globalThis.events = [];
  globalThis.session = createSession({ contract: contracts[contract], origin: location.origin, storage: localStorage });
  for (const type of ['refreshed', 'signed-out', 'unavailable']) {
    session.on(type, (event) => events.push([type, event]));
  }
</script></body></html>`;

export async function startFront(upstream: string, contracts: readonly string[]): Promise<Front> {
  const client = await bundleClients(contracts);
  let refreshCount = 0;
  const front = { fault: (): FrontFault | undefined => undefined };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      if (path === '/client.js') {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(client);
      } else if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      } else {
        refreshCount += 1;
        const { authorization, 'content-type': mediaType } = request.headers;
        const headers = { ...(authorization && { authorization }), ...(mediaType && { 'content-type': mediaType }) };
        const forwarded = {
          method: request.method ?? '',
          path,
          headers,
          body: chunks.length === 0 ? undefined : Buffer.concat(chunks),
        };
        forward(upstream, forwarded, front.fault(), response).catch(() => response.destroy());
      }
    });
  });
  const origin = await listen(server, 0, '127.0.0.1');
  return Object.assign(front, { origin, refreshCount: () => refreshCount, stop: () => closable(server, 0).close() });
}

async function forward(
  upstream: string,
  forwarded: Parameters<typeof call>[1],
  fault: FrontFault | undefined,
  response: ServerResponse,
): Promise<void> {
  if (fault === 'the request is lost') response.destroy();
  else if (typeof fault === 'object') response.writeHead(fault.status, fault.headers).end(fault.body);
  else {
    const { status, headers, body } = await call(upstream, forwarded);
    if (fault === 'the response is lost') response.destroy();
    if (fault !== undefined) return;
    const { connection: _own, 'transfer-encoding': _coded, ...rest } = headers;
    response.writeHead(status, rest).end(body);
  }
}

/** Bundles the session and these clients into one module. */
async function bundleClients(contracts: readonly string[]): Promise<string> {
  const exported = ['session', ...contracts].map((name) => {
    const file = join(root, 'src', 'client', `${name}.ts`);
    return `export { ${name === 'session' ? 'createSession' : name} } from ${JSON.stringify(file)};`;
  });
  const load = (id: string): string | null => (id === 'clients' ? exported.join('\n') : null);
  const bundle = await rolldown({
    input: 'clients',
    platform: 'browser',
    plugins: [{ name: 'clients', resolveId: (id) => (id === 'clients' ? id : null), load }],
  });
  try {
    const { output } = await bundle.generate({ format: 'esm' });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}
