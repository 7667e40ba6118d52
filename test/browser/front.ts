// A proxy between the tabs and the server: it serves the page with the client in one bundle, passes everything else on,
// and has the faults that networks and their proxies have.
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { closable, listen } from '../../src/http/listening.ts';
import { call } from '../shared/wire.ts';
import { root } from '../structure/tree.ts';

/** What happens to a refresh. */
export type FrontFault =
  | 'the answer is lost'
  | 'the request is lost'
  | 'the answer never comes'
  | { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> };

export interface Front {
  readonly origin: string;
  /** Refreshes that came here. */
  readonly asked: () => number;
  /** Asked for each refresh, in order. */
  fault: () => FrontFault | undefined;
  readonly stop: () => Promise<void>;
}

/** A tab: its session, and what that told. Which contract, and whether there are Web Locks, the address says. */
const page = `<!doctype html>
<html lang="en"><head><title>A tab</title><link rel="icon" href="data:," /></head><body><script type="module">
  const asked = new URLSearchParams(location.search);
  const contract = asked.get('contract');
  if (asked.has('lockless')) Object.defineProperty(navigator, 'locks', { value: undefined });
  const { createSession, ...contracts } = await import('/client.js');
  globalThis.told = [];
  globalThis.session = createSession({ contract: contracts[contract], origin: location.origin, storage: localStorage });
  for (const type of ['refreshed', 'signed-out', 'unavailable']) {
    session.on(type, (event) => told.push([type, event]));
  }
</script></body></html>`;

export async function startFront(upstream: string, contracts: readonly string[]): Promise<Front> {
  const client = await bundleClients(['session', ...contracts]);
  let asked = 0;
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
        asked += 1;
        const { authorization, 'content-type': mediaType } = request.headers;
        const headers = { ...(authorization && { authorization }), ...(mediaType && { 'content-type': mediaType }) };
        const wanted = {
          method: request.method ?? '',
          path,
          headers,
          body: chunks.length === 0 ? undefined : Buffer.concat(chunks),
        };
        refresh(upstream, wanted, front.fault(), response).catch(() => response.destroy());
      }
    });
  });
  const origin = await listen(server, 0, '127.0.0.1');
  return Object.assign(front, { origin, asked: () => asked, stop: () => closable(server, 0).close() });
}

async function refresh(
  upstream: string,
  wanted: Parameters<typeof call>[1],
  fault: FrontFault | undefined,
  response: ServerResponse,
): Promise<void> {
  if (fault === 'the request is lost') response.destroy();
  else if (typeof fault === 'object') response.writeHead(fault.status, fault.headers).end(fault.body);
  else {
    const { status, headers, body } = await call(upstream, wanted);
    if (fault === 'the answer is lost') response.destroy();
    if (fault !== undefined) return;
    const { connection: _own, 'transfer-encoding': _coded, ...rest } = headers;
    response.writeHead(status, rest).end(body);
  }
}

/** One module of everything that these files of src/client/ export. */
async function bundleClients(names: readonly string[]): Promise<string> {
  const files = names.map((name) => JSON.stringify(join(root, 'src', 'client', `${name}.ts`)));
  const load = (id: string): string | null =>
    id === 'clients' ? files.map((file) => `export * from ${file};`).join('\n') : null;
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
