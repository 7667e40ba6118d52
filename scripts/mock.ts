// Every contract as a Prism mock on one port, each under the base path of its document, so that a front end swaps only
// the origin.
//
// The real server's http layer stands before Prism, with the adapters' own failure responses: it answers a request that
// does not fit, has no credential or has another path as the server does. Prism answers the rest, and each mocked
// response is validated against its document like a real one.
import { stopSignal } from '../src/cli/stop-signal.ts';
import { consolePages } from '../src/console/console.ts';
import {
  findContract,
  isAdmin,
  loadAdminDocument,
  loadContracts,
  mountable,
  type Loaded,
  type Mountable,
} from '../src/app/contracts.ts';
import type { ContractDocument } from '../src/http/documents.ts';
import { createHttpServer, type ServedContent } from '../src/http/server.ts';
import type { Mount } from '../src/http/types.ts';
import { parsePort, runCommand, type Output } from './command.ts';
import { linesOf } from './mock/calls.ts';
import { frontOf } from './mock/front.ts';
import { answeredByPrism } from './mock/prism.ts';
import { withPreferences } from './mock/shown.ts';

/** A mock that is ready to listen; `close` it. */
export interface Mock {
  /** Resolves with the origin. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /** Mocks an edited document from now on. @throws RefractError `document`, and the document before stays mocked */
  readonly replaceDocument: (document: ContractDocument) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Builds the mock. @param isDynamic values made up from the schemas instead of the examples */
export async function createMock(loaded: readonly Loaded[], isDynamic: boolean): Promise<Mock> {
  const mock = ({ document, mountAlone }: Mountable): Mocked => ({
    name: document.name,
    document,
    mountAlone,
    mount: answeredByPrism(mountAlone(document), isDynamic),
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
    listen: server.listen,
    replaceDocument: async (document) => {
      const former = findContract([...mocked.values()], document.name);
      const all = new Map(mocked).set(document.name, mock({ ...former, document }));
      await server.replace(served(all));
      mocked = all;
    },
    close: server.close,
  };
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
        .argument('[contracts...]', 'the contracts to mock; all where none is named')
        .option('--port <port>', 'TCP port; 0 takes a free one', parsePort, 4010)
        .option('--dynamic', 'values made up from the schemas instead of the examples')
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
  const all = [...(await loadContracts()), loadAdminDocument()];
  for (const name of names) findContract(all, name);
  const chosen = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const mock = await createMock(chosen, isDynamic);
  const origin = await mock.listen(port, '127.0.0.1').catch(async (reason: unknown) => {
    await mock.close();
    const isInUse = reason instanceof Error && 'code' in reason && reason.code === 'EADDRINUSE';
    throw isInUse ? new Error(`Another program listens on port ${String(port)}; choose another with --port.`) : reason;
  });
  const count = `${String(chosen.length)} ${chosen.length === 1 ? 'contract' : 'contracts'}`;
  print(`Every documented answer of ${count} on ${origin}`);
  print(`Read and try them at ${origin}/`);
  for (const one of chosen) {
    const lines = linesOf(mountable(one).document, origin, names.includes(one.name));
    print(`\n${lines.join('\n')}`);
  }
  await stopSignal();
  await mock.close();
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
