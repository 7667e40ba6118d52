// Every contract as a Prism mock on one port, each under the base path of its document, so that a front end changes only
// the origin.
//
// The real server's http layer stands before Prism, with the adapters' failure responses: invalid requests, requests
// without a credential and unknown paths get the server's responses. Prism responds to the others, and each mocked
// response is validated against its document like a real one.
import { type Output, parsePort, runCommand } from './command.ts';
import { frontOf } from './mock/front.ts';
import { mountPrism } from './mock/prism.ts';
import { withPreferences } from './mock/shown.ts';
import { stopSignal } from '../src/cli/process.ts';
import { consolePages } from '../src/console/console.ts';
import {
  allLoaded,
  documentOf,
  findContract,
  isAdmin,
  loadAdminDocument,
  loadFolder,
  type Loaded,
  mountable,
  type Mountable,
} from '../src/app/contracts.ts';
import { curl } from '../src/cli/demo-calls.ts';
import { isDocumentError } from '../src/errors.ts';
import { loadDocument, type ContractDocument, type DocumentedOperation } from '../src/http/documents.ts';
import { exampleCall } from '../src/http/example-call.ts';
import { mountDocument } from '../src/http/mount-document.ts';
import { checkReplies } from '../src/http/replies-check.ts';
import { createHttpServer, type ServedContent } from '../src/http/server.ts';
import type { Mount } from '../src/http/types.ts';

export type Mock = Awaited<ReturnType<typeof createMock>>;

/** Creates a mock; `close` it. @param isDynamic whether values are generated from the schemas instead of the examples */
export async function createMock(loaded: readonly Loaded[], isDynamic: boolean) {
  const mock = ({ document, mountAlone }: Mountable): Mocked => ({
    name: document.name,
    document,
    mountAlone,
    mount: mountPrism(mountFitting({ document, mountAlone }), isDynamic),
  });
  let mocked = new Map(loaded.map((one) => [one.name, mock(mountable(one))]));
  const server = await createHttpServer({
    ...served(mocked),
    jwks: () => ({ keys: [] }),
    observe: () => undefined,
    headerTimeout: 10,
    requestTimeout: 20,
    stopTimeout: 0,
    failureLimit: 0,
  });
  return {
    /** Resolves with the origin. */
    listen: (port: number, host: string): Promise<string> => server.listen(port, host),
    /** Mocks an edited document. @throws RefractError `document`, and the previous document stays mocked */
    replaceDocument: async (document: ContractDocument): Promise<void> => {
      const former = findContract([...mocked.values()], document.name);
      const all = new Map(mocked).set(document.name, mock({ ...former, document }));
      await server.replace(served(all));
      mocked = all;
    },
    close: server.close,
  };
}

/** Mounts with the failures of the adapter, or with those of the document while the adapter does not fit it. */
function mountFitting({ document, mountAlone }: Mountable): Mount {
  try {
    const mount = mountAlone(document);
    checkReplies(mount);
    return mount;
  } catch (reason) {
    if (!isDocumentError(reason)) throw reason;
    return mountDocument(document);
  }
}

interface Mocked extends Mountable {
  readonly name: string;
  readonly mount: Mount;
}

function served(all: ReadonlyMap<string, Mocked>): ServedContent {
  const mounts = [...all.values()].map(({ mount }) => mount);
  const documents = mounts.map(({ document }) => document);
  const shown = documents.map((document) => ({
    document: withPreferences(document),
    runs: undefined,
    hasPublicKeys: false,
  }));
  const pages = consolePages({
    kind: 'mock',
    contracts: shown.filter(({ document }) => !isAdmin(document)),
    operators: shown.find(({ document }) => isAdmin(document)),
  });
  return { mounts, front: frontOf(documents), pages };
}

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'mock',
    args,
    (command, print) =>
      command
        .description('Serves every contract as a mock on one port, each under the base path of its document.')
        .argument(
          '[contracts...]',
          'contracts by name, or files of documents (.yaml, .yml, .json); all contracts unless given',
        )
        .option('--port <port>', 'TCP port; 0 takes a free one', parsePort, 4010)
        .option('--dynamic', 'values generated from the schemas instead of the examples')
        .action((names, { port, dynamic = false }) => serve(names, port, dynamic, print)),
    output,
  );
}

/** Serves until a signal stops it. */
async function serve(
  names: readonly string[],
  port: number,
  isDynamic: boolean,
  print: (line: string) => void,
): Promise<void> {
  const isFile = (name: string): boolean => /\.(ya?ml|json)$/.test(name);
  const files = names.filter(isFile).map(loadDocument);
  const folder = await loadFolder();
  const all = [...allLoaded(folder), loadAdminDocument(), ...files];
  const unreadable = folder.unserved.filter(({ document }) => document === undefined);
  for (const { name, reason } of unreadable) {
    if (names.includes(name)) throw reason;
    if (names.length === 0) print(`Not mocked: ${reason.message}`);
  }
  const wanted = names.filter((name) => !isFile(name)).map((name) => findContract(all, name));
  const chosen = names.length === 0 ? all : [...wanted, ...files];
  const mock = await createMock(chosen, isDynamic);
  const origin = await mock.listen(port, '127.0.0.1').catch(async (reason: unknown) => {
    await mock.close();
    const isInUse = reason instanceof Error && 'code' in reason && reason.code === 'EADDRINUSE';
    throw isInUse ? new Error(`Another program listens on port ${String(port)}; choose another with --port.`) : reason;
  });
  const count = `${String(chosen.length)} ${chosen.length === 1 ? 'contract' : 'contracts'}`;
  print(`Every documented response of ${count} on ${origin}`);
  print(`Read and try them at ${origin}/`);
  for (const one of chosen) {
    const lines = describeCalls(documentOf(one), origin, names.includes(one.name));
    print(`\n${lines.join('\n')}`);
  }
  await stopSignal();
  await mock.close();
}

/** With at most this many operations a call is printed for each response, otherwise one for each operation. */
const few = 3;

/** Returns the lines for a document. @param isAlone whether it was named on the command line */
export function describeCalls(document: ContractDocument, origin: string, isAlone: boolean): string[] {
  const { name, operations, basePath } = document;
  const place = `# ${name}: ${origin}${basePath}`;
  if (operations.length <= few) return [place, ...callsOf(document, origin)];
  const count = `${String(operations.length)} operations`;
  if (!isAlone) {
    const hint = `# ${count}: \`npm run mock -- ${name}\` prints a call for each, ${origin}/console/${name} shows all responses`;
    return [place, hint];
  }
  const hint = `# ${count}; choose another response with a header such as 'prefer: code=404'`;
  return [place, hint, ...operations.map((operation) => curl(exampleCall(document, operation), origin))];
}

/** Returns one call for each documented response. */
function callsOf(document: ContractDocument, origin: string): string[] {
  return document.operations.flatMap((operation) =>
    [...operation.responses.values()].flatMap(({ status, examples }) => {
      const named = examples.size > 1 ? [...examples.keys()].map((name) => `, example=${name}`) : [''];
      return named.map((name) => curl(preferring(document, operation, `code=${String(status)}${name}`), origin));
    }),
  );
}

function preferring(document: ContractDocument, operation: DocumentedOperation, prefer: string) {
  const call = exampleCall(document, operation);
  return { ...call, headers: { ...call.headers, prefer } };
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
