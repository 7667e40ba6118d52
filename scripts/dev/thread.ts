// The worker thread of `npm run dev` with the real server and the mock. Modules are loaded once, so an edited source needs
// the next thread, while an edited document is replaced in this one.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { adminTokenFile } from '../../src/app/admin-listener.ts';
import { compose, logging } from '../../src/app/app.ts';
import {
  allLoaded,
  loadAdapter,
  loadAdminDocument,
  loadFolder,
  requireServed,
  withoutUnfit,
} from '../../src/app/contracts.ts';
import { demoCalls } from '../../src/cli/demo-calls.ts';
import { readConfig } from '../../src/config.ts';
import { isForeseen } from '../../src/errors.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { createMock } from '../mock.ts';

export interface ThreadOptions {
  /** The configured port unless given. */
  readonly port: string | undefined;
  /** The configured port unless given. */
  readonly adminPort: string | undefined;
  readonly mockPort: number;
  readonly database: string | undefined;
  /** Contracts that the previous thread serves: without one of them, this thread does not start. */
  readonly required: readonly string[];
}

/** `open` comes first, once the previous thread has closed the ports. */
export type ThreadRequest =
  { readonly kind: 'open' | 'demo' | 'stop' } | { readonly kind: 'replace'; readonly name: string };

/** The response to the start of the thread, and to each request but `stop`, after which the thread ends. */
export interface ThreadResponse {
  /** Why the request failed. */
  readonly error?: string;
  readonly opened?: Opened;
  readonly lines?: readonly string[];
}

export interface Opened {
  readonly origin: string;
  readonly adminOrigin: string;
  /** The file of the admin token, or the setting that has it. */
  readonly adminToken: string;
  readonly mockOrigin: string;
  readonly database: string;
  /** Why the server leaves a document out; one sentence each. */
  readonly unserved: readonly string[];
  /** The names of the served contracts. */
  readonly served: readonly string[];
}

async function serve({ port, adminPort, mockPort, database, required }: ThreadOptions): Promise<void> {
  const folder = await withoutUnfit(await loadFolder());
  requireServed(folder, required);
  const { contracts, unserved } = folder;
  const flags = {
    // Valid tokens are printed, so only this machine may connect.
    host: '127.0.0.1',
    ...(mockPort !== 0 && { mockOrigin: `http://127.0.0.1:${String(mockPort)}` }),
    ...(port !== undefined && { port }),
    ...(adminPort !== undefined && { adminPort }),
    ...(database !== undefined && { database }),
  };
  const names = [...contracts, ...unserved].map(({ name }) => name);
  const config = readConfig(names, flags, process.env);
  const admin = loadAdminDocument();
  const mock = await createMock([...allLoaded(folder), admin], false);
  const served = new Set([...contracts, admin].map(({ name }) => name));
  const opening = new Promise((resolve) => parentPort?.once('message', resolve));
  let unready = 2;
  const refract = await compose(config, contracts, {
    ...logging(config),
    beforeOpening: async () => {
      unready -= 1;
      if (unready === 0) respond({});
      await opening;
    },
  });
  const [adminOrigin, origin] = await Promise.all([refract.listenAdmin(), refract.listen(undefined, { demo: true })]);
  const mockOrigin = await mock.listen(mockPort, '127.0.0.1');
  const adminToken = config.adminToken === undefined ? adminTokenFile(config) : 'REFRACT_ADMIN_TOKEN';
  const reasons = unserved.map(({ reason }) => reason.message);
  respond({
    opened: {
      origin,
      adminOrigin,
      adminToken,
      mockOrigin,
      database: config.database,
      unserved: reasons,
      served: contracts.map(({ name }) => name),
    },
  });

  const replaceDocument = async (name: string): Promise<void> => {
    const document = loadDocument(join(openapiFolder, `${name}.yaml`));
    // The mock may be ahead of the adapter. It has all documents on one port, so it may also refuse what the server's two
    // listeners accept.
    await mock.replaceDocument(document);
    if (served.has(name)) await refract.replaceDocument(document);
    else await loadAdapter(name, document.file);
  };
  const handle = async (request: ThreadRequest): Promise<void> => {
    switch (request.kind) {
      case 'open':
        return;
      case 'demo':
        respond({ lines: await demoCalls(refract, origin) });
        return;
      case 'replace':
        await replaceDocument(request.name);
        respond({});
        return;
      case 'stop':
        await mock.close();
        await refract.close();
        process.exit();
    }
  };
  parentPort?.on('message', (request: ThreadRequest) => {
    handle(request).catch(respondWithError);
  });
}

function respond(response: ThreadResponse): void {
  parentPort?.postMessage(response);
}

function respondWithError(reason: unknown): void {
  const { message, stack = message } = reason instanceof Error ? reason : new Error(String(reason));
  const code = reason instanceof Error && 'code' in reason ? reason.code : undefined;
  if (code === 'EADDRINUSE' && reason instanceof Error && 'port' in reason) {
    const advice = 'choose other ports with --port, --admin-port and --mock-port.';
    return respond({ error: `Another program listens on port ${String(reason.port)}; ${advice}` });
  }
  // An unexpected error is a mistake in an edited source, and the stack names the place.
  respond({ error: isForeseen(reason) || code !== undefined ? message : stack });
}

// Passed by `startServing`.
serve(workerData as ThreadOptions).catch((reason: unknown) => {
  respondWithError(reason);
  parentPort?.close();
});
