// The composition root: configuration → store, signer, engines, contracts, server. The only module that knows them all.
import { dirname, join } from 'node:path';
import { ConfigError, readConfig, type Config } from './config.ts';
import { isContract, type Contract } from './contracts/shared/contract.ts';
import { createEngine, type Engine, type Issued } from './engine/engine.ts';
import { PolicyError, resolveSettings, type ContractSettings } from './engine/policy.ts';
import { checkSubject, SubjectError } from './engine/subject-details.ts';
import type { EngineEvent, PurgeEvent, PurgeStore, SessionStore, Store, SubjectStore } from './engine/ports.ts';
import { startPurging } from './engine/purging.ts';
import { DocumentError, loadDocuments, openapiFolder, type ContractDocument } from './http/documents.ts';
import { Unavailable } from './engine/unavailable.ts';
import { exampleCall, type ExampleCall } from './http/example-call.ts';
import type { HttpServer } from './http/server.ts';
import type { HttpEvent, Mount } from './http/types.ts';
import { createLog } from './observe/log.ts';
import { KeyError } from './signer/key-error.ts';
import type { MasterSecretSource } from './signer/master-secret.ts';
import { createSigner, type PublishingSigner } from './signer/signer.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { StoreError } from './store/store-error.ts';

export type { Session, Subject } from './engine/session.ts';
export type { ExampleCall } from './http/example-call.ts';
export type { Issued } from './engine/engine.ts';
export { keptAfterEnd, purgeAll, purgeBatch } from './engine/purging.ts';
export { inspectKeySets } from './signer/inspect.ts';
export { inspectDatabase, type Inspection } from './store/sqlite/inspect.ts';
export { backUp } from './store/sqlite/backup.ts';
export { restore, type Comparison, type Restored } from './store/sqlite/restore.ts';
export { fullPath } from './http/example-call.ts';
export { originOf } from './http/listening.ts';

/** One of our five, or a sixth: its document and its adapter. */
export interface LoadedContract {
  readonly name: string;
  readonly document: ContractDocument;
  readonly contract: Contract;
}

/** What tests put in place of the real thing, and who is told what happens. */
export interface ComposeOptions {
  readonly onEngineEvent?: (event: EngineEvent) => void;
  readonly onHttpEvent?: (event: HttpEvent) => void;
  readonly onPurgeEvent?: (event: PurgeEvent) => void;
  /** Integer seconds since 1970. */
  readonly clock?: () => number;
  readonly wrapSigner?: (signer: PublishingSigner) => PublishingSigner;
  readonly wrapStore?: (store: Store) => Store;
  /** Awaited when everything is checked and only the port is left to be opened. */
  readonly beforeOpening?: () => Promise<void>;
}

/** Refract, put together; `close` it when done. */
export interface Refract {
  readonly contracts: readonly (LoadedContract & { readonly settings: ContractSettings })[];
  readonly store: SessionStore & SubjectStore & PurgeStore;
  /** Issues a session. @throws ConfigError for a contract there is not */
  readonly issue: (contract: string, subjectId: string, label?: string) => Promise<Issued>;
  /** The tokens of a new session in the contract's own shape. */
  readonly shapeOf: (contract: string, issued: Extract<Issued, { kind: 'issued' }>) => unknown;
  /** The document's own call with a live token. */
  readonly callOf: (contract: string, token: string, at?: string) => ExampleCall;
  /** Checks and warms all documents and opens the port. Resolves with the origin. */
  readonly listen: (only?: { readonly contract: string; readonly at?: string }) => Promise<string>;
  /**
   * Serves an edited document of a contract from now on, without a pause.
   * @throws DocumentError with one sentence, and goes on serving the one before
   */
  readonly replaceDocument: (document: ContractDocument) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Loads every document of the folder with the adapter of its name. @throws DocumentError with one sentence */
export async function loadContracts(folder: string = openapiFolder): Promise<readonly LoadedContract[]> {
  const loaded: LoadedContract[] = [];
  for (const document of loadDocuments(folder)) {
    loaded.push({ name: document.name, document, contract: await adapterOf(document) });
  }
  return loaded;
}

async function adapterOf({ name, file }: ContractDocument): Promise<Contract> {
  // As this file ends, in the clone (.ts) or built (.js), so does its neighbour.
  const path = `./contracts/${name}${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`;
  let module: { default?: unknown };
  try {
    // A module read by name is untyped; what it exports is checked on the next line.
    module = (await import(path)) as { default?: unknown };
  } catch (reason) {
    throw new DocumentError(
      `${file} has no adapter that can be loaded as src/contracts/${name}.ts: ${messageOf(reason)}.`,
    );
  }
  if (!isContract(module.default)) {
    throw new DocumentError(
      `src/contracts/${name}.ts does not export a contract; its default export is to come from defineContract.`,
    );
  }
  return module.default;
}

/**
 * Puts everything together but the keys and the port: keys are opened for the first session or the port, so that
 * whoever only ends or lists sessions needs no master secret, and makes none.
 * @throws what `isForeseen` knows, with one sentence; so do `issue` and `listen`
 */
export async function compose(
  config: Config,
  contracts: readonly LoadedContract[],
  options: ComposeOptions = {},
): Promise<Refract> {
  let served = withSettings(config, contracts);
  const { database, busyTimeout } = config;
  const opened = openSqliteStore({ file: database, busyTimeout, ...(options.clock && { clock: options.clock }) });
  const store = options.wrapStore?.(opened) ?? opened;
  const closing: (() => Promise<void>)[] = [store.close];
  let signer: Promise<PublishingSigner> | undefined;
  const keys = (): Promise<PublishingSigner> => (signer ??= openSigner(config, served, store, options));

  const find = (name: string): Served => findContract(served, name);
  const engineOf = async ({ name, contract, settings }: Served): Promise<Engine> =>
    createEngine({
      contract: name,
      profile: contract.profile,
      settings,
      store,
      signer: await keys(),
      emit: options.onEngineEvent ?? (() => undefined),
    });

  const mountOf = async (one: Served, document: ContractDocument): Promise<Mount> => {
    const { refresh } = await engineOf(one);
    return { document, operations: one.contract.mounted(refresh) };
  };
  let mounts = new Map<string, Mount>();
  let server: HttpServer | undefined;

  return {
    contracts: served,
    store: {
      ...store,
      putSubject: async (id, details) => {
        checkSubject(id, details);
        return store.putSubject(id, details);
      },
    },
    issue: async (name, subjectId, label) => (await engineOf(find(name))).issue(subjectId, label),
    shapeOf: (name, { grant }) => find(name).contract.issued(grant),
    callOf: (name, token, at) => {
      const { document } = find(name);
      const [operation] = document.operations;
      if (operation === undefined) throw new DocumentError(`${document.file} has no operation.`);
      return exampleCall({ ...document, basePath: at ?? document.basePath }, operation, token);
    },
    listen: async (only) => {
      for (const one of only === undefined ? served : [find(only.contract)]) {
        mounts.set(one.name, await mountOf(one, { ...one.document, basePath: only?.at ?? one.document.basePath }));
      }
      const { headerTimeout, requestTimeout, stopTimeout, failureLimit } = config;
      // Loaded here, since Express and the validator are most of what a command without a port would wait for.
      const { createHttpServer } = await import('./http/server.ts');
      server = await createHttpServer({
        mounts: [...mounts.values()],
        jwks: (await keys()).jwks,
        observe: options.onHttpEvent ?? (() => undefined),
        headerTimeout,
        requestTimeout,
        stopTimeout,
        failureLimit,
      });
      // The server is closed before the store that answers it.
      closing.unshift(server.close);
      await options.beforeOpening?.();
      const origin = await server.listen(config.port, config.host);
      closing.unshift(startPurging(store, config.purgeInterval, options.onPurgeEvent ?? (() => undefined)));
      return origin;
    },
    replaceDocument: async (document) => {
      const edited = new Map(mounts).set(document.name, await mountOf(find(document.name), document));
      await server?.replace({ mounts: [...edited.values()] });
      mounts = edited;
      served = served.map((one) => (one.name === document.name ? { ...one, document } : one));
    },
    close: async () => {
      for (const close of closing.splice(0)) await close();
    },
  };
}

/** The contract of a name. @throws ConfigError where there is none, with those that there are */
export function findContract<Named extends { readonly name: string }>(
  contracts: readonly Named[],
  name: string,
): Named {
  const one = contracts.find((candidate) => candidate.name === name);
  if (one !== undefined) return one;
  throw new ConfigError(`There is no contract ${name}; there are ${contracts.map((each) => each.name).join(', ')}.`);
}

/** A contract with the settings it runs under. */
export interface Served extends LoadedContract {
  readonly settings: ContractSettings;
}

/** @throws PolicyError with one sentence for settings that do not fit a contract */
export function withSettings(config: Config, contracts: readonly LoadedContract[]): readonly Served[] {
  return contracts.map((loaded) => ({
    ...loaded,
    settings: resolveSettings(loaded.name, loaded.contract.defaults, config.contracts.get(loaded.name) ?? {}),
  }));
}

/** Holds every constant reply against its document, as a start does. @throws DocumentError with one sentence */
export async function checkReplies(contracts: readonly LoadedContract[]): Promise<void> {
  const { checkReplies: check } = await import('./http/replies-check.ts');
  const refresh = (): never => {
    throw new Error('no token is presented by a check');
  };
  for (const { document, contract } of contracts) check({ document, operations: contract.mounted(refresh) });
}

async function openSigner(
  config: Config,
  contracts: readonly LoadedContract[],
  store: Store,
  { wrapSigner }: ComposeOptions,
): Promise<PublishingSigner> {
  const signer = await createSigner(store, masterSecretOf(config), algorithmsOf(contracts));
  return wrapSigner?.(signer) ?? signer;
}

/** Where the master secret is to be found. */
export function masterSecretOf(config: Config): MasterSecretSource {
  const file = config.masterSecretFile ?? join(dirname(config.database), 'master.key');
  return { secret: config.masterSecret, file, previous: config.previousMasterSecret };
}

/** What each contract's keys are for. */
export function algorithmsOf(contracts: readonly LoadedContract[]): ReadonlyMap<string, 'EdDSA' | 'HS256'> {
  return new Map(contracts.map(({ name, contract }) => [name, contract.profile.algorithm]));
}

/** Options that write what happens to standard error, from the configured level up. */
export function logging({ logLevel }: Config): ComposeOptions {
  const log = createLog(logLevel);
  return { onEngineEvent: log, onHttpEvent: log, onPurgeEvent: log };
}

/** The configuration of this process. @throws ConfigError with one sentence */
export function configFor(contracts: readonly LoadedContract[], flags: Parameters<typeof readConfig>[1]): Config {
  return readConfig(
    contracts.map(({ name }) => name),
    flags,
  );
}

/** Whether the store or the signer could not be used, so that what was asked last has changed nothing. */
export function isUnavailable(reason: unknown): reason is Error {
  return reason instanceof Unavailable;
}

/** Whether an error is one that the start can meet and whose message is a sentence for whoever started it. */
export function isForeseen(reason: unknown): reason is Error {
  return [ConfigError, DocumentError, PolicyError, SubjectError, StoreError, KeyError].some(
    (kind) => reason instanceof kind,
  );
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
