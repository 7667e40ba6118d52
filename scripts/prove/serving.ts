// The product in processes of its own, as an operator runs it, to be mistreated from outside.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAdminClient } from '../../generated/admin.client.ts';
import { startDatabaseProxy } from '../../test/shared/database-proxy.ts';
import { contracts, refreshTokenIn, type ContractName } from '../../test/shared/refreshing.ts';
import { run, type Program } from '../../test/shared/programs.ts';
import type { Context } from './part.ts';

export type ServerProcess = Awaited<ReturnType<typeof startProcess>>;
export type Admin = ReturnType<typeof createAdminClient>['client'];

export interface ServingOptions extends Omit<Program, 'script'> {
  /** Where it keeps its files. */
  readonly folder: string;
}

/** Starts a server and resolves once it listens. @throws what it wrote to standard error where it did not start */
export async function startProcess({ folder, args = [], ...program }: ServingOptions) {
  const adminToken = randomBytes(24).toString('base64url');
  const running = run({
    ...program,
    args: ['serve', ...args],
    environment: {
      PORT: '0',
      REFRACT_ADMIN_PORT: '0',
      REFRACT_ADMIN_TOKEN: adminToken,
      REFRACT_LOG_LEVEL: 'error',
      REFRACT_DB: join(folder, 'refract.db'),
      ...program.environment,
    },
  });
  const [origin, adminOrigin] = await Promise.all([
    running.prints(/listens on (\S+)/),
    running.prints(/administrate it at (\S+)/),
  ]);
  const { client: admin } = createAdminClient(adminOrigin, { headers: { authorization: `Bearer ${adminToken}` } });
  return {
    ...{ origin, adminOrigin, adminToken, admin, pid: running.child.pid ?? 0 },
    ...{ kill: running.kill, stop: running.stop, complaints: running.complaints },
    issue: (contract: ContractName, subjectId: string): Promise<Issued> => issue(admin, contract, subjectId),
  };
}

/** A new session. */
export interface Issued {
  readonly contract: ContractName;
  readonly sessionId: string;
  /** The refresh token. */
  readonly token: string;
  /** In the form of the contract's responses. */
  readonly tokens: unknown;
}

/** Issues a session to a subject, which is added where missing. */
export async function issue(admin: Admin, contract: ContractName, subjectId: string): Promise<Issued> {
  const details = { email: `${subjectId}@mail.com`, account: `${subjectId}@admin`, role: 'ROLE_ADMIN' };
  await admin.PUT('/subjects/{subjectId}', { params: { path: { subjectId } }, body: details });
  const { data, error } = await admin.POST('/sessions', { body: { contract, subjectId } });
  if (data === undefined) throw new Error(`no session of ${contract}: ${JSON.stringify(error)}`);
  const { session, tokens } = data;
  return { contract, sessionId: session.id, token: refreshTokenIn(contract, tokens), tokens };
}

/** Issues sessions of the contracts in turn, each to its own subject. */
export async function issueMany(server: ServerProcess, count: number, some: readonly ContractName[] = contracts) {
  const issued: Issued[] = [];
  const indices = Array.from({ length: count }, (_, index) => index).values();
  const issueNext = async (): Promise<void> => {
    for (const index of indices) {
      issued.push(await server.issue(some[index % some.length] ?? 'xerial', `subject ${index}`));
    }
  };
  await Promise.all(Array.from({ length: 8 }, issueNext));
  return issued;
}

export type Instance = Awaited<ReturnType<typeof startInstance>>;

/**
 * Starts a server that is ended and started again over the same database.
 * @param attempts at each start: a supervisor starts a server again that ends since its database is away
 */
export async function startInstance(
  { tree, folder, stopAfter }: Context,
  options: Partial<ServingOptions> = {},
  attempts = 1,
) {
  const present = { tree, folder, ...options };
  let up: ServerProcess | undefined;
  /** @param release the tree that is started; the one before where left out */
  const start = async (release = present.tree): Promise<void> => {
    present.tree = release;
    for (let left = attempts; up === undefined; left -= 1) {
      try {
        up = stopAfter(await startProcess(present));
      } catch (reason) {
        if (left === 1) throw reason;
      }
    }
  };
  await start();
  return {
    start,
    server: (): ServerProcess => {
      if (up === undefined) throw new Error('the server is down');
      return up;
    },
    /** Its origin while it is up. */
    origins: (): readonly string[] => (up === undefined ? [] : [up.origin]),
    end: async (how: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
      const ending = up;
      up = undefined;
      await (how === 'SIGKILL' ? ending?.kill(how) : ending?.stop());
    },
  };
}

/** Starts a server behind a proxy of its own. @param ahead seconds that the clock of its machine is ahead */
export async function startBehindProxy(context: Context, database: string, ahead = 0) {
  const proxy = context.stopAfter(await startDatabaseProxy(database));
  const environment = { DATABASE_URL: proxy.url, REFRACT_MASTER_SECRET: 'a master secret that all servers share' };
  return { proxy, ...(await startInstance(context, { environment, nodeArguments: clockAhead(ahead) }, 5)) };
}

function clockAhead(seconds: number): readonly string[] {
  if (seconds === 0) return [];
  const program = `const Right = Date;
    const ahead = ${seconds * 1000};
    globalThis.Date = class extends Right {
      constructor(...given) { super(...(given.length === 0 ? [Right.now() + ahead] : given)); }
      static now() { return Right.now() + ahead; }
    };`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
}
