// Documents with their adapters, found by name.
import { mountAdminAlone } from '../admin/mount.ts';
import type { Config } from '../config.ts';
import { isContract, type Contract } from '../contracts/shared/contract.ts';
import { resolveSettings, type ContractSettings } from '../engine/policy.ts';
import { RefractError } from '../errors.ts';
import { loadDocument, loadDocuments, openapiFolder, type ContractDocument } from '../http/documents.ts';
import { exampleCall, type ExampleCall } from '../http/example-call.ts';
import type { Mount } from '../http/types.ts';

/** The document of the operators' own interface, which has operations instead of an adapter. */
const adminName = 'admin';

/** `.ts` in the clone, `.js` where it is built: for modules that are loaded by their file. */
export const moduleEnding: string = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** A document and its adapter. */
export interface LoadedContract {
  readonly name: string;
  readonly document: ContractDocument;
  readonly contract: Contract;
}

/** A contract with the settings it runs under. */
export interface ServedContract extends LoadedContract {
  readonly settings: ContractSettings;
}

/** A contract, or the operators' own document. */
export type Loaded = LoadedContract | ContractDocument;

/** A document, and how it or an edited one of its name is mounted without an engine. */
export interface Mountable {
  readonly document: ContractDocument;
  readonly mountAlone: (document: ContractDocument) => Mount;
}

/** Loads every document of the folder but the operators' with the adapter of its name. @throws RefractError `document` */
export async function loadContracts(folder: string = openapiFolder): Promise<readonly LoadedContract[]> {
  const loaded: LoadedContract[] = [];
  for (const document of loadDocuments(folder)) {
    if (isAdmin(document)) continue;
    const { name, file } = document;
    loaded.push({ name, document, contract: await loadAdapter(name, file) });
  }
  return loaded;
}

/** The contract that the adapter of a name defines. @param file of its document @throws RefractError `document` */
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
    `src/contracts/${name}.ts does not export a contract; its default export is to come from defineContract.`,
  );
}

let adminDocument: ContractDocument | undefined;

/** The document of the admin contract, which is read once: it is not edited while it is served. @throws RefractError `document` */
export function loadAdminDocument(): ContractDocument {
  return (adminDocument ??= loadDocument(`${openapiFolder}/${adminName}.yaml`));
}

/** Whether a document is the operators' own. */
export function isAdmin({ name }: Pick<ContractDocument, 'name'>): boolean {
  return name === adminName;
}

export function mountable(loaded: Loaded): Mountable {
  if (!('contract' in loaded)) return { document: loaded, mountAlone: mountAdminAlone };
  const { document, contract } = loaded;
  const unreached = contract.mounted(() => Promise.resolve({ kind: 'unavailable' }));
  return { document, mountAlone: (edited) => ({ document: edited, operations: unreached }) };
}

/** The contract of a name. @throws RefractError `configuration` for an unknown one, with the known ones */
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

/** @throws RefractError `policy` for settings that do not fit a contract */
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
export async function checkReplies(contracts: readonly LoadedContract[]): Promise<void> {
  const { checkReplies: check } = await import('../http/replies-check.ts');
  for (const loaded of contracts) check(mountable(loaded).mountAlone(loaded.document));
}

/**
 * The document's own example call, with a live token.
 * @param at where the contract is mounted instead of its own base path
 * @throws RefractError `document` where it has no operation
 */
export function liveCall({ document }: Pick<LoadedContract, 'document'>, token: string, at?: string): ExampleCall {
  const [operation] = document.operations;
  if (operation === undefined) throw new RefractError('document', `${document.file} has no operation.`);
  return exampleCall({ ...document, basePath: at ?? document.basePath }, operation, token);
}

/** The contracts of a server. An edited document takes the place of the one before. */
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
