// What `npm run dev` serves, in a thread of its own: the real server and the mock. Modules are loaded once, so the next
// thread serves an edited source, while an edited document is swapped into this one.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { isForeseen } from '../../src/errors.ts';
import { demoCalls } from '../../src/cli/demo-calls.ts';
import { compose, logging } from '../../src/app/app.ts';
import { readConfig } from '../../src/config.ts';
import { adminTokenFile } from '../../src/app/admin-listener.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { loadAdminDocument } from '../../src/app/contracts.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { createMock } from '../mock.ts';

export interface ServedOptions {
  /** The configured one where left out. */
  readonly port: string | undefined;
  /** The configured one where left out. */
  readonly adminPort: string | undefined;
  readonly mockPort: number;
  readonly database: string | undefined;
}

/** What the thread is asked. `open` comes first, once what was served before has left the ports. */
export type Question =
  { readonly kind: 'open' | 'demo' | 'stop' } | { readonly kind: 'replace'; readonly name: string };

/** What it answers to its start, and to each question but `stop`, after which it ends. */
export type Answer =
  | { readonly kind: 'done' }
  | ({ readonly kind: 'open' } & Opened)
  | { readonly kind: 'told'; readonly lines: readonly string[] }
  | { readonly kind: 'refused'; readonly sentence: string };

/** Where everything is. */
export interface Opened {
  readonly origin: string;
  readonly adminOrigin: string;
  /** The file, or where else the admin token is. */
  readonly adminToken: string;
  readonly mockOrigin: string;
  readonly database: string;
}

const main = parentPort ?? fail('This is a thread of `npm run dev`.');

async function serve({ port, adminPort, mockPort, database }: ServedOptions): Promise<void> {
  const contracts = await loadContracts();
  const flags = {
    // Live tokens are printed, so only this machine may connect.
    host: '127.0.0.1',
    ...(mockPort !== 0 && { mockOrigin: `http://127.0.0.1:${String(mockPort)}` }),
    ...(port !== undefined && { port }),
    ...(adminPort !== undefined && { adminPort }),
    ...(database !== undefined && { database }),
  };
  const names = contracts.map(({ name }) => name);
  const config = readConfig(names, flags, process.env);
  const admin = loadAdminDocument();
  const mock = await createMock([...contracts, admin], false);
  const served = new Map([...contracts.map(({ document }) => document), admin].map((one) => [one.name, one]));
  const opening = new Promise((resolve) => main.once('message', resolve));
  let unready = 2;
  const refract = await compose(config, contracts, {
    ...logging(config),
    beforeOpening: async () => {
      unready -= 1;
      if (unready === 0) answer({ kind: 'done' });
      await opening;
    },
  });
  const [adminOrigin, origin] = await Promise.all([refract.listenAdmin(), refract.listen(undefined, { demo: true })]);
  const mockOrigin = await mock.listen(mockPort, '127.0.0.1');
  const adminToken = config.adminToken === undefined ? adminTokenFile(config) : 'REFRACT_ADMIN_TOKEN';
  answer({ kind: 'open', origin, adminOrigin, adminToken, mockOrigin, database: config.database });

  const questioned = async (question: Question): Promise<void> => {
    switch (question.kind) {
      case 'open':
        return;
      case 'demo':
        answer({ kind: 'told', lines: await demoCalls(refract, origin) });
        return;
      case 'replace': {
        const document = loadDocument(join(openapiFolder, `${question.name}.yaml`));
        // The mock has all documents on one port, so it may refuse what the server's two listeners would serve.
        await mock.replaceDocument(document);
        try {
          await refract.replaceDocument(document);
        } catch (reason) {
          const former = served.get(question.name);
          if (former !== undefined) await mock.replaceDocument(former);
          throw reason;
        }
        served.set(question.name, document);
        break;
      }
      case 'stop':
        await mock.close();
        await refract.close();
        process.exit();
    }
    answer({ kind: 'done' });
  };
  main.on('message', (question: Question) => {
    questioned(question).catch(refuse);
  });
}

function answer(what: Answer): void {
  main.postMessage(what);
}

function refuse(reason: unknown): void {
  const { message, stack = message } = reason instanceof Error ? reason : new Error(String(reason));
  // An unforeseen error is a mistake in an edited source, and the stack says where.
  const inUse =
    hasCode(reason, 'EADDRINUSE') && 'port' in reason
      ? `Another program listens on port ${String(reason.port)}; choose other ports with --port, --admin-port and --mock-port.`
      : undefined;
  answer({ kind: 'refused', sentence: inUse ?? (isForeseen(reason) || hasCode(reason) ? message : stack) });
}

/** Of the system, such as a port in use. */
function hasCode(reason: unknown, code?: string): reason is Error & { readonly code: unknown } {
  return reason instanceof Error && 'code' in reason && (code === undefined || reason.code === code);
}

function fail(sentence: string): never {
  throw new Error(sentence);
}

// `startServing` is the only one to start this thread, and its data is typed.
serve(workerData as ServedOptions).catch((reason: unknown) => {
  refuse(reason);
  main.close();
});
