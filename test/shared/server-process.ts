// The product in a separate process, as an operator runs it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAdminClient } from '../../generated/admin.client.ts';
import { startScript, type Script } from './programs.ts';
import { contracts, refreshTokenIn, type ContractName } from './refreshing.ts';

export type ServerProcess = Awaited<ReturnType<typeof startServerProcess>>;
export type AdminClient = ReturnType<typeof createAdminClient>['client'];

export interface ServerOptions extends Omit<Script, 'script'> {
  /** The folder of the database and its keys. */
  readonly folder: string;
}

/** Starts a server and resolves once it listens. @throws its standard error if it does not start */
export async function startServerProcess({ folder, args = [], ...script }: ServerOptions) {
  const adminToken = randomBytes(24).toString('base64url');
  const running = startScript({
    ...script,
    args: ['serve', ...args],
    environment: {
      PORT: '0',
      REFRACT_ADMIN_PORT: '0',
      REFRACT_ADMIN_TOKEN: adminToken,
      REFRACT_LOG_LEVEL: 'error',
      REFRACT_DB: join(folder, 'refract.db'),
      ...script.environment,
    },
  });
  const [origin, adminOrigin] = await Promise.all([
    running.prints(/listens on (\S+)/),
    running.prints(/administer it at (\S+)/),
  ]);
  const { client: admin } = createAdminClient(adminOrigin, { headers: { authorization: `Bearer ${adminToken}` } });
  return {
    ...{ origin, adminOrigin, adminToken, admin, pid: running.child.pid ?? 0 },
    ...{ kill: running.kill, stop: running.stop, errors: running.errors },
    issue: (contract: ContractName, subjectId: string): Promise<Issued> => issueSession(admin, contract, subjectId),
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

/** Issues a session to a subject, which is added if missing. */
export async function issueSession(admin: AdminClient, contract: ContractName, subjectId: string): Promise<Issued> {
  const details = { email: `${subjectId}@mail.com`, account: `${subjectId}@admin`, role: 'ROLE_ADMIN' };
  await admin.PUT('/subjects/{subjectId}', { params: { path: { subjectId } }, body: details });
  const { data, error } = await admin.POST('/sessions', { body: { contract, subjectId } });
  if (data === undefined) throw new Error(`no session of ${contract}: ${JSON.stringify(error)}`);
  const { session, tokens } = data;
  return { contract, sessionId: session.id, token: refreshTokenIn(contract, tokens), tokens };
}

/** Issues sessions of the contracts in turn, each to its own subject. */
export async function issueSessions(server: ServerProcess, count: number, of: readonly ContractName[] = contracts) {
  const issued: Issued[] = [];
  const indices = Array.from({ length: count }, (_, index) => index).values();
  const issueNext = async (): Promise<void> => {
    for (const index of indices) issued.push(await server.issue(of[index % of.length] ?? 'xerial', `subject ${index}`));
  };
  await Promise.all(Array.from({ length: 8 }, issueNext));
  return issued;
}
