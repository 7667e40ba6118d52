// A real server over HTTP with a SQLite file in a temporary folder, a free port, and a clock that the test sets.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../src/app/app.ts';
import type { ComposeOptions, Refract } from '../../src/app/refract.ts';
import type { LoadedContract } from '../../src/app/contracts.ts';
import type { ImportEvent } from '../../src/admin/imports.ts';
import { readConfig, type Config } from '../../src/config.ts';
import type { Claims } from '../../src/engine/claims.ts';
import type { EngineEvent, TokenUse } from '../../src/engine/ports.ts';
import type { HttpEvent } from '../../src/http/types.ts';
import type { PublishingSigner } from '../../src/signer/signer.ts';
import { ownContracts } from './contracts.ts';

export interface TestServer {
  readonly refract: Refract;
  readonly origin: string;
  /** Resolves with the origin of the admin listener, which opens at the first call. */
  readonly adminOrigin: () => Promise<string>;
  readonly database: string;
  readonly engineEvents: EngineEvent[];
  readonly httpEvents: HttpEvent[];
  readonly importEvents: ImportEvent[];
  readonly clock: { now: number };
  /** Signs any claims with the key of the contract. */
  readonly sign: (contract: string, claims: Claims, use?: TokenUse) => Promise<string>;
  /** Resolves with the refresh token of a new session of `subject`, which is added if missing. */
  readonly issue: (contract: string, subject?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface TestServerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings in addition to the environment, which has only whole seconds. */
  readonly settings?: Partial<Config>;
  readonly contracts?: readonly LoadedContract[];
  readonly only?: { readonly contract: string; readonly at?: string };
  readonly wrapSigner?: ComposeOptions['wrapSigner'];
  readonly wrapStore?: ComposeOptions['wrapStore'];
  /** Whether the console issues demo sessions. */
  readonly demo?: boolean;
  /** Whether the admin listener opens first, so that all requests are measured. */
  readonly admin?: boolean;
  /** An existing SQLite file, which stays. */
  readonly database?: string;
}

/** The admin token of all test servers. */
export const adminToken = 'an-admin-token-that-is-only-for-tests';

/** Starts a server on its own SQLite file unless DATABASE_URL is set; `stop` it. The clock stands still until it is set. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-test-'));
  const database = options.database ?? join(folder, 'refract.db');
  const contracts = options.contracts ?? (await ownContracts());
  const environment = {
    REFRACT_FAILURE_LIMIT: '0',
    REFRACT_BUSY_TIMEOUT: '0',
    REFRACT_ADMIN_PORT: '0',
    REFRACT_ADMIN_TOKEN: adminToken,
    REFRACT_ADMIN_FAILURE_LIMIT: '0',
    ...options.environment,
  };
  const flags = { port: '0', ...(!('DATABASE_URL' in environment) && { database }) };
  const names = contracts.map(({ name }) => name);
  const config = { ...readConfig(names, flags, environment), ...options.settings };
  const clock = { now: 1_700_000_000 };
  let admin: Promise<string> | undefined;
  const engineEvents: EngineEvent[] = [];
  const httpEvents: HttpEvent[] = [];
  const importEvents: ImportEvent[] = [];
  const signers: PublishingSigner[] = [];
  const refract = await compose(config, contracts, {
    clock: () => clock.now,
    ...(options.wrapStore && { wrapStore: options.wrapStore }),
    onEngineEvent: (event) => engineEvents.push(event),
    onHttpEvent: (event) => httpEvents.push(event),
    onImportEvent: (event) => importEvents.push(event),
    wrapSigner: (signer) => {
      signers.push(signer);
      return options.wrapSigner?.(signer) ?? signer;
    },
  });
  const stop = async (): Promise<void> => {
    await refract.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    if (options.admin === true) admin = refract.listenAdmin();
    await admin;
    const origin = await refract.listen(options.only, { demo: options.demo === true });
    return {
      refract,
      origin,
      adminOrigin: () => (admin ??= refract.listenAdmin()),
      database,
      engineEvents,
      httpEvents,
      importEvents,
      clock,
      stop,
      sign: async (contract, claims, use = 'refresh') => {
        const [signer] = signers;
        if (signer === undefined) throw new Error('the server has no signer');
        return signer.sign(contract, use, signer.activeKeyId(contract), claims);
      },
      issue: async (contract, subject = 'bob') => {
        if ((await refract.store.readSubject(subject)) === undefined) {
          await refract.store.putSubject(subject, {
            email: `${subject}@mail.com`,
            account: `${subject}@admin`,
            role: 'ROLE_ADMIN',
          });
        }
        const issued = await refract.issue(contract, subject);
        if (issued.kind === 'refused') throw new Error(`no session for ${subject}: ${issued.refusal}`);
        return issued.grant.refresh.token;
      },
    };
  } catch (reason) {
    await stop();
    throw reason;
  }
}
