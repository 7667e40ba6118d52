// A server in a process of its own, as an operator runs it, to be mistreated from outside.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAdminClient } from '../../generated/admin.client.ts';
import type { ContractName } from '../../test/shared/refreshing.ts';
import { refreshTokenIn } from '../../test/shared/refreshing.ts';

export interface ServerProcess {
  readonly origin: string;
  readonly adminOrigin: string;
  readonly pid: number;
  readonly adminToken: string;
  readonly admin: ReturnType<typeof createAdminClient>['client'];
  /** The refresh token of a new session. */
  readonly issue: (
    contract: ContractName,
    subjectId: string,
  ) => Promise<{ readonly sessionId: string; readonly token: string }>;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  /** As an operator stops it; ended hard where that takes too long. */
  readonly stop: () => Promise<void>;
  /** What it has written to standard error. */
  readonly complaints: () => string;
}

export interface ServingOptions {
  readonly tree: string;
  /** What it keeps its files in. */
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** To Node itself. */
  readonly nodeArguments?: readonly string[];
  readonly args?: readonly string[];
  /** A program that runs Node and leaves its process this one's child, such as a tracer. */
  readonly under?: readonly string[];
}

/** Starts a server and resolves once it listens. @throws what it said where it did not start */
export async function startProcess(options: ServingOptions): Promise<ServerProcess> {
  const token = randomBytes(24).toString('base64url');
  const node = [process.execPath, ...(options.nodeArguments ?? [])];
  const serve = [join(options.tree, 'src', 'main.ts'), 'serve', ...(options.args ?? [])];
  const [program = '', ...args] = [...(options.under ?? []), ...node, ...serve];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      REFRACT_ADMIN_PORT: '0',
      REFRACT_ADMIN_TOKEN: token,
      REFRACT_LOG_LEVEL: 'error',
      REFRACT_DB: join(options.folder, 'refract.db'),
      ...options.environment,
    },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = (complaints + String(chunk)).slice(-10_000)));
  const { origin, adminOrigin } = await listening(child, () => complaints);
  // The console's lines are not read any more, and must not fill the pipe.
  child.stdout.resume();
  const { client } = createAdminClient(adminOrigin, { headers: { authorization: `Bearer ${token}` } });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    origin,
    adminOrigin,
    pid: child.pid ?? 0,
    adminToken: token,
    admin: client,
    issue: async (contract, subjectId) => {
      const details = { email: `${subjectId}@mail.com`, account: `${subjectId}@admin`, role: 'ROLE_ADMIN' };
      await client.PUT('/subjects/{subjectId}', { params: { path: { subjectId } }, body: details });
      const { data, error } = await client.POST('/sessions', { body: { contract, subjectId } });
      if (data === undefined) throw new Error(`no session of ${contract}: ${JSON.stringify(error)}`);
      return { sessionId: data.session.id, token: refreshTokenIn(contract, data.tokens) };
    },
    kill,
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await kill('SIGTERM');
      clearTimeout(timer);
    },
    complaints: () => complaints,
  };
}

function listening(child: ChildProcess, complaints: () => string): Promise<{ origin: string; adminOrigin: string }> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk) => {
      printed += String(chunk);
      const origin = /listens on (\S+)/.exec(printed)?.[1];
      const adminOrigin = /administrate it at (\S+)/.exec(printed)?.[1];
      if (origin !== undefined && adminOrigin !== undefined) resolve({ origin, adminOrigin });
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`the server ended with ${String(code)}: ${complaints()}`)));
  });
}
