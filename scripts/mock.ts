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
import { isForeseen } from '../src/errors.ts';
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
import { createHttpServer, type Served } from '../src/http/server.ts';
import type { Mount } from '../src/http/types.ts';
import { linesOf } from './mock/calls.ts';
import { frontOf } from './mock/front.ts';
import { answeredBy } from './mock/mounted.ts';
import { prismFor, type Prism } from './mock/prism.ts';
import { withPreferences } from './mock/shown.ts';

/** A mock that is ready to listen; `close` it. */
export interface Mock {
  /** Resolves with the origin. */
  readonly listen: (port: number, host: string) => Promise<string>;
  /** Mocks an edited document from now on. @throws RefractError `document`, and goes on with the one before */
  readonly replaceDocument: (document: ContractDocument) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Builds the mock. @param dynamic values made up from the schemas instead of the examples */
export async function createMock(loaded: readonly Loaded[], dynamic: boolean): Promise<Mock> {
  let mocked = new Map<string, Mocked>();
  const closeAll = async (): Promise<void> => {
    for (const { prism } of mocked.values()) await prism.close();
  };
  try {
    for (const one of loaded) mocked.set(one.name, mock(mountable(one), dynamic));
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
        const edited = mock({ ...former, document }, dynamic);
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

interface Mocked extends Mountable {
  readonly name: string;
  readonly prism: Prism;
  readonly mount: Mount;
}

function mock({ document, mountAlone }: Mountable, dynamic: boolean): Mocked {
  const prism = prismFor(document, dynamic);
  return { name: document.name, document, mountAlone, prism, mount: answeredBy(prism, mountAlone(document)) };
}

function served(all: ReadonlyMap<string, Mocked>): Served {
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

/** The command: runs until it is told to stop. @throws MockError with one sentence */
async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '4010' }, dynamic: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const all = [...(await loadContracts()), loadAdminDocument()];
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
  const count = `${String(chosen.length)} ${chosen.length === 1 ? 'contract' : 'contracts'}`;
  console.log(`Every documented answer of ${count} on ${origin}`);
  console.log(`Read and try them at ${origin}/`);
  for (const one of chosen) {
    const lines = linesOf(mountable(one).document, origin, positionals.includes(one.name));
    console.log(`\n${lines.join('\n')}`);
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
