// Several servers over one PostgreSQL, each by a proxy of its own, as an operator's balancer stands before them.
import { startDatabaseProxy, type DatabaseProxy } from '../../test/shared/database-proxy.ts';
import { contracts, type ContractName } from '../../test/shared/refreshing.ts';
import { startProcess, type ServerProcess } from './serving.ts';

export interface Instance {
  readonly proxy: DatabaseProxy;
  /** `undefined` while it is down. */
  readonly server: () => ServerProcess | undefined;
  /** As an operator, or as a crash would. */
  readonly end: (how: 'stop' | 'kill') => Promise<void>;
  /** @param tree the release that is started; the one before where left out */
  readonly start: (tree?: string) => Promise<ServerProcess>;
  /** Its server and its proxy. */
  readonly stop: () => Promise<void>;
}

export interface InstanceOptions {
  readonly database: string;
  readonly folder: string;
  readonly tree: string;
  /** Seconds that the clock of its machine is ahead. */
  readonly ahead?: number;
}

export async function startInstance({ database, folder, tree, ahead = 0 }: InstanceOptions): Promise<Instance> {
  const proxy = await startDatabaseProxy(database);
  const environment = {
    DATABASE_URL: proxy.url,
    REFRACT_MASTER_SECRET: 'a master secret that all servers of the proof share',
  };
  let present = tree;
  let server: ServerProcess | undefined;
  const start: Instance['start'] = async (given) => {
    present = given ?? present;
    // As a supervisor does: a server that is started while its database is away says so and ends.
    for (let attempts = 1; ; attempts += 1) {
      try {
        server = await startProcess({ tree: present, folder, environment, nodeArguments: clockAhead(ahead) });
        return server;
      } catch (reason) {
        if (attempts === 5) throw reason;
      }
    }
  };
  const end: Instance['end'] = async (how) => {
    const ending = server;
    server = undefined;
    await (how === 'stop' ? ending?.stop() : ending?.kill('SIGKILL'));
  };
  try {
    await start();
  } catch (reason) {
    await proxy.stop();
    throw reason;
  }
  return {
    proxy,
    server: () => server,
    end,
    start,
    stop: async () => {
      await end('stop');
      await proxy.stop();
    },
  };
}

/** Sessions of all contracts in turn, a subject each. */
export async function issueMany(
  { issue }: ServerProcess,
  count: number,
): Promise<readonly { contract: ContractName; sessionId: string; token: string }[]> {
  const issued: { contract: ContractName; sessionId: string; token: string }[] = [];
  const wanted = Array.from({ length: count }, (_, index) => index);
  const one = async (): Promise<void> => {
    for (let index = wanted.shift(); index !== undefined; index = wanted.shift()) {
      const contract = contracts[index % contracts.length] ?? 'xerial';
      issued.push({ contract, ...(await issue(contract, `subject ${String(index)}`)) });
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return issued;
}

/** To Node: a process whose clock goes wrong by so many seconds. */
function clockAhead(seconds: number): readonly string[] {
  if (seconds === 0) return [];
  const program = `const Right = Date;
    const ahead = ${String(seconds * 1000)};
    globalThis.Date = class extends Right {
      constructor(...given) { super(...(given.length === 0 ? [Right.now() + ahead] : given)); }
      static now() { return Right.now() + ahead; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
}
