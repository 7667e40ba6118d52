/**
 * Every contract as a Prism mock on one port, each under the base path of its document, so that a front end swaps only
 * the origin.
 *
 * What stands before Prism is the real server's own http layer, with the adapters' own failure replies: a request that
 * does not fit, has no credential or goes elsewhere is answered like the real server answers it, and what fits is
 * answered by Prism. There is no second implementation of the contracts, and every mocked reply is held against its
 * document like a real one.
 *
 * npm run mock [-- CONTRACT… --port 4010 --dynamic]
 */
import { parseArgs } from 'node:util';
import { curl } from '../src/cli/calls.ts';
import { stopSignal } from '../src/cli/stop-signal.ts';
import { consolePages } from '../src/console/console.ts';
import { findContract, isForeseen, loadContracts, type LoadedContract } from '../src/compose.ts';
import type { ContractDocument, DocumentedOperation } from '../src/http/documents.ts';
import { bodyText, exampleCall } from '../src/http/example-call.ts';
import { createHttpServer, type Served } from '../src/http/server.ts';
import type { Mount, MountedOperation, WireReply } from '../src/http/types.ts';
import { frontOf, preferenceOf, statusOfExample } from './mock/front.ts';
import { startPrism, type Prism } from './mock/prism.ts';
import { withPreferences } from './mock/shown.ts';

/** A mock that is ready to listen; `close` it. */
export interface Mock {
  /** Resolves with the origin. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /** Mocks an edited document from now on. @throws DocumentError with one sentence, and goes on with the one before */
  readonly replaceDocument: (document: ContractDocument) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Builds the mock. @param dynamic values made up from the schemas instead of the examples */
export async function createMock(contracts: readonly LoadedContract[], dynamic: boolean): Promise<Mock> {
  let mocked = new Map<string, Mocked>();
  const closeAll = async (): Promise<void> => {
    for (const { prism } of mocked.values()) await prism.close();
  };
  const served = (all: ReadonlyMap<string, Mocked>): Served => {
    const mounts = [...all.values()].map(({ mount }) => mount);
    const documents = mounts.map(({ document }) => document);
    const shown = documents.map((document) => ({
      document: withPreferences(document),
      runs: undefined,
      hasPublicKeys: false,
    }));
    return { mounts, front: frontOf(documents), pages: consolePages({ kind: 'mock', contracts: shown }) };
  };
  try {
    for (const contract of contracts) mocked.set(contract.name, await mock(contract, dynamic));
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
        const edited = await mock({ ...former, document }, dynamic);
        const all = new Map(mocked).set(document.name, edited);
        try {
          await server.replace(served(all));
        } catch (reason) {
          await edited.prism.close();
          throw reason;
        }
        mocked = all;
        await former.prism.close();
      },
      close: async () => {
        await server.close();
        await closeAll();
      },
    };
  } catch (reason) {
    await closeAll();
    throw reason;
  }
}

interface Mocked extends LoadedContract {
  readonly prism: Prism;
  readonly mount: Mount;
}

async function mock(loaded: LoadedContract, dynamic: boolean): Promise<Mocked> {
  const prism = await startPrism(loaded.document, dynamic);
  return { ...loaded, prism, mount: mountOf(loaded, prism) };
}

/** The contract as it is mounted for real, but for who answers what fits. */
function mountOf({ document, contract }: LoadedContract, prism: Prism): Mount {
  const unreached = contract.mounted(() => Promise.resolve({ kind: 'unavailable' }));
  const operations = document.operations.flatMap((operation): [string, MountedOperation][] => {
    const mounted = unreached.get(operation.operationId);
    const handle: MountedOperation['handle'] = async ({ headers, body }) => ({
      reply: await replyOf(prism, document.basePath, operation, headers['prefer'], headers, body),
      failed: false,
    });
    return mounted === undefined ? [] : [[operation.operationId, { ...mounted, handle }]];
  });
  return { document, operations: new Map(operations) };
}

async function replyOf(
  prism: Prism,
  basePath: string,
  operation: DocumentedOperation,
  prefer: string | undefined,
  headers: Readonly<Record<string, string | undefined>>,
  body: unknown,
): Promise<WireReply> {
  const { method, path, request, credentialHeader, responses } = operation;
  const { code, example } = preferenceOf(prefer);
  // Prism looks for a name among the answers of one status only, and for the first one it likes where none is given.
  const status = code ?? (example === undefined ? undefined : statusOfExample(example, operation));
  const wishes = [prefer, code === undefined && status !== undefined ? `code=${String(status)}` : undefined];
  const asked = wishes.filter((wish) => wish !== undefined).join(', ');
  const answer = await prism.ask({
    method: method.toUpperCase(),
    path: basePath + path,
    headers: {
      ...(asked !== '' && { prefer: asked }),
      ...(credentialHeader !== undefined && { [credentialHeader]: headers[credentialHeader] ?? '' }),
      ...(request !== undefined && { 'content-type': request.mediaType }),
      // What the caller accepts is not handed on: Prism would answer 200 to whoever prefers a 429 and accepts JSON.
    },
    body: request && bodyText(request.mediaType, body),
  });
  const documented = responses.get(answer.status);
  if (documented === undefined || answer.headers['content-type']?.startsWith('application/problem+json') === true) {
    throw new Error(`Prism could not answer: ${answer.body}`);
  }
  const later = answer.headers['retry-after'];
  return {
    status: answer.status,
    headers: later === undefined ? undefined : { 'Retry-After': later },
    body: documented.mediaType === 'application/json' ? (JSON.parse(answer.body) as unknown) : answer.body,
  };
}

/** One call for each documented answer. */
export function callsOf({ document }: LoadedContract, origin: string): string[] {
  return document.operations.flatMap((operation) => {
    const call = exampleCall(document, operation);
    return [...operation.responses.values()].flatMap(({ status, examples }) =>
      [...examples.keys()].map((name) => {
        const prefer = examples.size > 1 ? `code=${String(status)}, example=${name}` : `code=${String(status)}`;
        return curl({ ...call, headers: { ...call.headers, prefer } }, origin);
      }),
    );
  });
}

/** The command: runs until it is told to stop. @throws MockError with one sentence */
async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '4010' }, dynamic: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const all = await loadContracts();
  for (const name of positionals) findContract(all, name);
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
    throw new MockError(`--port must be from 0 to 65535, not ${values.port}.`);
  const chosen = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const mock = await createMock(chosen, values.dynamic);
  const origin = await mock.listen(port, '127.0.0.1').catch(async (reason: unknown) => {
    await mock.close();
    const inUse = reason instanceof Error && 'code' in reason && reason.code === 'EADDRINUSE';
    throw inUse ? new MockError(`Another program listens on port ${values.port}; choose another with --port.`) : reason;
  });
  console.log(`Every documented answer of ${String(chosen.length)} contracts on ${origin}`);
  console.log(`Read and try them at ${origin}/`);
  for (const contract of chosen) {
    console.log(`\n# ${contract.name}: ${origin}${contract.document.basePath}`);
    for (const line of callsOf(contract, origin)) console.log(line);
  }
  await stopSignal();
  await mock.close();
}

class MockError extends Error {}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((reason: unknown) => {
    const isSentence =
      reason instanceof MockError || isForeseen(reason) || (reason instanceof TypeError && 'code' in reason);
    if (!isSentence) throw reason;
    console.error(`mock: ${reason.message.split('\n')[0] ?? ''}`);
    process.exitCode = 1;
  });
}
