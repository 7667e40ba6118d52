// An engine on a real SQLite file and signer, with a manual clock. Two engines on one folder share only the file and
// the clock, like two processes.
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import cloudreve from '../../src/contracts/cloudreve.ts';
import fib from '../../src/contracts/fib.ts';
import kirjaswappi from '../../src/contracts/kirjaswappi.ts';
import xerial from '../../src/contracts/xerial.ts';
import { createEngine, type Engine, type EngineParts } from '../../src/engine/engine.ts';
import type { Grant } from '../../src/engine/outcome.ts';
import { resolveSettings, type ContractOverrides } from '../../src/engine/policy.ts';
import type { EngineEvent } from '../../src/engine/ports.ts';
import type { Store } from '../../src/store/store.ts';
import type { Session } from '../../src/engine/session.ts';
import { createSigner, type PublishingSigner } from '../../src/signer/signer.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { temporaryFolder } from '../shared/folder.ts';

const contracts = { fib, xerial, kirjaswappi, cloudreve };

export interface RealEngine {
  readonly engine: Engine;
  /** The parts of the engine, to create another one that differs in one part. */
  readonly parts: EngineParts;
  readonly store: Store;
  readonly signer: PublishingSigner;
  readonly events: EngineEvent[];
  readonly clock: { now: number };
  readonly folder: string;
  readonly database: string;
  /** A new session of `bob`, and its first refresh token. */
  readonly signIn: () => Promise<{ readonly session: Session; readonly token: string; readonly grant: Grant }>;
  /** The session as it is stored now. */
  readonly stored: (session: Session) => Promise<Session | undefined>;
}

export interface RealEngineOptions {
  readonly contract?: keyof typeof contracts;
  readonly settings?: ContractOverrides;
  /** An earlier or concurrent engine, whose folder is used. */
  readonly beside?: Pick<RealEngine, 'folder' | 'clock'>;
}

/** Opens an engine; closed at the end of the test. */
export async function openEngine(options: RealEngineOptions = {}): Promise<RealEngine> {
  const { contract = 'fib', settings = {}, beside } = options;
  const { folder, clock } = beside ?? { folder: temporaryFolder(), clock: { now: 1_700_000_000 } };
  const database = join(folder, 'refract.db');
  const store = openSqliteStore({ file: database, busyTimeout: 0, clock: () => clock.now });
  onTestFinished(() => store.close());
  const { profile, defaults } = contracts[contract];
  const secret = { secret: undefined, file: join(folder, 'master.key') };
  const signer = await createSigner(store, secret, new Map([[contract, profile.algorithm]]));
  const events: EngineEvent[] = [];
  const parts: EngineParts = {
    contract,
    profile,
    settings: resolveSettings(contract, defaults, settings),
    store,
    signer,
    emit: (event) => events.push(event),
  };
  const engine = createEngine(parts);
  return {
    engine,
    parts,
    store,
    signer,
    events,
    clock,
    folder,
    database,
    signIn: async () => {
      await store.putSubject('bob', { email: 'bob@mail.com', account: 'bob@admin', role: 'ROLE_ADMIN' });
      const issued = await engine.issue('bob', 'laptop');
      if (issued.kind === 'refused') throw new Error(`no session: ${issued.refusal}`);
      return { session: issued.session, token: issued.grant.refresh.token, grant: issued.grant };
    },
    stored: async ({ id }) => (await store.read(id)).session,
  };
}

/** Returns the grant of a refresh; fails the test if it is not granted. */
export async function granted(engine: Engine, token: string): Promise<Grant> {
  const outcome = await engine.refresh(token, 'request');
  if (outcome.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(outcome)}`);
  return outcome.grant;
}
