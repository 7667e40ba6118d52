// Prism's proxy in front of a server, as `prism proxy --errors --validate-request false` starts it, with all documents
// at their base paths, which Prism's command line drops. It replaces every invalid response by a Prism error.
// Requests are not checked, since the document has responses for invalid ones.
import { createLogger } from '@stoplight/prism-core';
import { createServer } from '@stoplight/prism-http-server';
import { operationsOf } from '../../scripts/mock/prism.ts';
import type { ContractDocument } from '../../src/http/documents.ts';
import { startRelay, type Listening } from '../shared/relay.ts';

/** Starts a relay before the server and a proxy before the relay; `stop` both. */
export async function startProxy(
  documents: readonly ContractDocument[],
  upstream: string,
  alter?: Parameters<typeof startRelay>[1],
): Promise<Listening> {
  const relay = await startRelay(upstream, alter);
  const proxy = createServer(await operationsOf(documents), {
    components: { logger: createLogger('proxy', { level: 'silent' }) },
    config: {
      mock: { dynamic: false },
      validateRequest: false,
      validateResponse: true,
      checkSecurity: false,
      errors: true,
      upstream: new URL(relay.origin),
      upstreamProxy: undefined,
      isProxy: true,
    },
    cors: false,
  });
  const origin = await proxy.listen(0, '127.0.0.1');
  return {
    origin,
    stop: async () => {
      await proxy.close();
      await relay.stop();
    },
  };
}
