// A server process that is ended and started again over one database.
import { startDatabaseProxy } from '../../test/shared/database-proxy.ts';
import { startServerProcess, type ServerOptions, type ServerProcess } from '../../test/shared/server-process.ts';
import type { Context } from './part.ts';

export type Instance = Awaited<ReturnType<typeof startInstance>>;

/** @param attempts at each start: a supervisor restarts a server that ended because its database was unavailable */
export async function startInstance(
  { tree, folder, stopAtEnd }: Context,
  options: Partial<ServerOptions> = {},
  attempts = 1,
) {
  const current = { tree, folder, ...options };
  let running: ServerProcess | undefined;
  /** @param release the tree to start; the previous one unless given */
  const start = async (release = current.tree): Promise<void> => {
    current.tree = release;
    for (let left = attempts; running === undefined; left -= 1) {
      try {
        running = stopAtEnd(await startServerProcess(current));
      } catch (reason) {
        if (left === 1) throw reason;
      }
    }
  };
  await start();
  return {
    start,
    server: (): ServerProcess => {
      if (running === undefined) throw new Error('the server is down');
      return running;
    },
    /** The origin while the server runs. */
    origins: (): readonly string[] => (running === undefined ? [] : [running.origin]),
    end: async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
      const ending = running;
      running = undefined;
      await (signal === 'SIGKILL' ? ending?.kill(signal) : ending?.stop());
    },
  };
}

/** Starts a server behind a proxy of its own. @param aheadSeconds by which the clock of its machine is ahead */
export async function startBehindProxy(context: Context, database: string, aheadSeconds = 0) {
  const proxy = context.stopAtEnd(await startDatabaseProxy(database));
  const environment = { DATABASE_URL: proxy.url, REFRACT_MASTER_SECRET: 'a master secret that all servers share' };
  return { proxy, ...(await startInstance(context, { environment, nodeArguments: shiftClock(aheadSeconds) }, 5)) };
}

function shiftClock(seconds: number): readonly string[] {
  if (seconds === 0) return [];
  const program = `const SystemDate = Date;
    const ahead = ${seconds * 1000};
    globalThis.Date = class extends SystemDate {
      constructor(...args) { super(...(args.length === 0 ? [SystemDate.now() + ahead] : args)); }
      static now() { return SystemDate.now() + ahead; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
}
