// Documents with their adapters, found by name. A document without a fitting adapter is not served; it never stops others.
import { mountAdminAlone } from '../admin/mount.ts';
import type { Config } from '../config.ts';
import { isContract, type Contract } from '../contracts/shared/contract.ts';
import { resolveSettings, type ContractSettings } from '../engine/policy.ts';
import { isDocumentError, RefractError } from '../errors.ts';
import { documentFiles, loadDocument, openapiFolder, type ContractDocument } from '../http/documents.ts';
import { exampleCall, type ExampleCall } from '../http/example-call.ts';
import { mountDocument } from '../http/mount-document.ts';
import type { Mount } from '../http/types.ts';

/** The document of the admin contract, which has operations instead of an adapter. */
const adminName = 'admin';

/** The file extension of modules: `.ts` in the clone, `.js` in the package. */
export const moduleEnding: string = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A document with its adapter. */
export interface LoadedContract {
  readonly name: string;
  readonly document: ContractDocument;
  readonly contract: Contract;
}

/** A contract with its settings. */
export interface ServedContract extends LoadedContract {
  readonly settings: ContractSettings;
}

/** A contract, the admin document, or a document without an adapter. */
export type Loaded = LoadedContract | ContractDocument;

/** A document that cannot be served. */
export interface UnservedContract {
  readonly name: string;
  /** `undefined` if the document itself cannot be loaded. */
  readonly document: ContractDocument | undefined;
  readonly reason: RefractError;
}

/** The documents of a folder, except the admin contract. */
export interface ContractFolder {
  readonly contracts: readonly LoadedContract[];
  readonly unserved: readonly UnservedContract[];
}

/** A document that can be mounted without an engine, as can an edited version of it. */
export interface Mountable {
  readonly document: ContractDocument;
  readonly mountAlone: (document: ContractDocument) => Mount;
}

/** Loads all contracts of a folder, except the admin contract. @throws RefractError `document` if one cannot be served */
export async function loadContracts(folder: string = openapiFolder): Promise<readonly LoadedContract[]> {
  const { contracts, unserved } = await loadFolder(folder);
  if (unserved[0] !== undefined) throw unserved[0].reason;
  return contracts;
}

/** Loads every document of a folder with its adapter. @throws RefractError `document` if the folder has no document */
export async function loadFolder(folder: string = openapiFolder): Promise<ContractFolder> {
  const contracts: LoadedContract[] = [];
  const unserved: UnservedContract[] = [];
  for (const { name, file } of documentFiles(folder).filter((one) => !isAdmin(one))) {
    let document: ContractDocument | undefined;
    try {
      document = loadDocument(file);
      contracts.push({ name, document, contract: await loadAdapter(name, file) });
    } catch (reason) {
      if (!isDocumentError(reason)) throw reason;
      unserved.push({ name, document, reason });
    }
  }
  return { contracts, unserved };
}

/** Leaves out contracts whose adapter has a reply that the document does not have. */
export async function withoutUnfit({ contracts, unserved }: ContractFolder): Promise<ContractFolder> {
  const fit: LoadedContract[] = [];
  const unfit: UnservedContract[] = [];
  for (const loaded of contracts) {
    try {
      await checkReplies([loaded]);
      fit.push(loaded);
    } catch (reason) {
      if (!isDocumentError(reason)) throw reason;
      unfit.push({ name: loaded.name, document: loaded.document, reason });
    }
  }
  return { contracts: fit, unserved: [...unserved, ...unfit] };
}

/** @throws RefractError `document`, the reason why a required contract is not served, or why no contract is */
export function requireServed({ contracts, unserved }: ContractFolder, required: readonly string[] = []): void {
  const [first] = unserved;
  const lost = unserved.find(({ name }) => required.includes(name)) ?? (contracts.length === 0 ? first : undefined);
  if (lost !== undefined) throw lost.reason;
}

/** Returns the document of a contract, or the document itself. */
export function documentOf(loaded: Loaded): ContractDocument {
  return 'contract' in loaded ? loaded.document : loaded;
}

/** Loads the adapter of a contract. @param file of its document, for messages @throws RefractError `document` */
export async function loadAdapter(name: string, file: string): Promise<Contract> {
  const path = `../contracts/${name}${moduleEnding}`;
  let module: { default?: unknown };
  try {
    // A module read by name is untyped; its default export is checked below.
    module = (await import(path)) as { default?: unknown };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${file} has no adapter that can be loaded as src/contracts/${name}.ts: ${reason}.`;
    throw new RefractError('document', message, { cause });
  }
  if (isContract(module.default)) return module.default;
  throw new RefractError(
    'document',
    `src/contracts/${name}.ts does not export a contract; its default export must come from defineContract.`,
  );
}

let adminDocument: ContractDocument | undefined;

/** Returns the admin document, which is read once. @throws RefractError `document` */
export function loadAdminDocument(): ContractDocument {
  return (adminDocument ??= loadDocument(`${openapiFolder}/${adminName}.yaml`));
}

/** Reports whether a document is the admin document. */
export function isAdmin({ name }: Pick<ContractDocument, 'name'>): boolean {
  return name === adminName;
}

/** Mounts without an engine. A document without an adapter gets its failures from its own responses. */
export function mountable(loaded: Loaded): Mountable {
  if (!('contract' in loaded)) {
    return { document: loaded, mountAlone: isAdmin(loaded) ? mountAdminAlone : mountDocument };
  }
  const { document, contract } = loaded;
  const operations = contract.mount(() => Promise.resolve({ kind: 'unavailable' }));
  return { document, mountAlone: (edited) => ({ document: edited, operations }) };
}

/** Returns every document that loads, for readers that need no adapter: contracts, and documents without one. */
export function allLoaded({ contracts, unserved }: ContractFolder): readonly Loaded[] {
  const alone = unserved.flatMap(({ document }) => document ?? []);
  return [...contracts, ...alone].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Finds a contract by name. @throws RefractError `configuration` that lists the known names */
export function findContract<Named extends { readonly name: string }>(
  contracts: readonly Named[],
  name: string,
): Named {
  const one = contracts.find((candidate) => candidate.name === name);
  if (one !== undefined) return one;
  throw new RefractError(
    'configuration',
    `There is no contract ${name}; there are ${contracts.map((each) => each.name).join(', ')}.`,
  );
}

/** Adds the settings of each contract. @throws RefractError `policy` for invalid settings */
export function withSettings(
  { contracts: overrides }: Pick<Config, 'contracts'>,
  contracts: readonly LoadedContract[],
): readonly ServedContract[] {
  return contracts.map((loaded) => ({
    ...loaded,
    settings: resolveSettings(loaded.name, loaded.contract.defaults, overrides.get(loaded.name) ?? {}),
  }));
}

/** Validates every constant response against its document, as a start does. @throws RefractError `document` */
async function checkReplies(contracts: readonly LoadedContract[]): Promise<void> {
  const { checkReplies: check } = await import('../http/replies-check.ts');
  for (const loaded of contracts) check(mountable(loaded).mountAlone(loaded.document));
}

/**
 * Returns the document's example call with a valid token.
 * @param at base path in place of the document's
 * @throws RefractError `document` for a document without operations
 */
export function liveCall({ document }: Pick<LoadedContract, 'document'>, token: string, at?: string): ExampleCall {
  const [operation] = document.operations;
  if (operation === undefined) throw new RefractError('document', `${document.file} has no operation.`);
  return exampleCall({ ...document, basePath: at ?? document.basePath }, operation, token);
}

/** The contracts of a server. An edited document replaces the previous one. */
export interface ContractSet {
  readonly all: () => readonly ServedContract[];
  /** @throws RefractError `configuration` for an unknown name */
  readonly find: (name: string) => ServedContract;
  readonly replace: (document: ContractDocument) => void;
}

export function createContractSet(served: readonly ServedContract[]): ContractSet {
  let contracts = served;
  return {
    all: () => contracts,
    find: (name) => findContract(contracts, name),
    replace: (document) => {
      contracts = contracts.map((one) => (one.name === document.name ? { ...one, document } : one));
    },
  };
}
