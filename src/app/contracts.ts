// Documents with their adapters, found by name.
import { RefractError } from '../errors.ts';
import { mountAdminAlone } from '../admin/mounted.ts';
import type { Config } from '../config.ts';
import type { Contract } from '../contracts/shared/contract.ts';
import { resolveSettings, type ContractSettings } from '../engine/policy.ts';
import { loadDocument, loadDocuments, openapiFolder, type ContractDocument } from '../http/documents.ts';
import type { Mount } from '../http/types.ts';
import { loadAdapter } from './adapter.ts';

/** The document of the operators' own interface, which has operations instead of an adapter. */
const adminName = 'admin';

/** One of our five, or a sixth: its document and its adapter. */
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

/** A document, and how it or an edited one of its name is mounted with nobody behind its operations. */
export interface Mountable {
  readonly document: ContractDocument;
  readonly mountAlone: (document: ContractDocument) => Mount;
}

/** Loads every document of the folder but the operators' with the adapter of its name. @throws RefractError `document` */
export async function loadContracts(folder: string = openapiFolder): Promise<readonly LoadedContract[]> {
  const loaded: LoadedContract[] = [];
  for (const document of loadDocuments(folder)) {
    if (isAdmin(document)) continue;
    loaded.push({ name: document.name, document, contract: await adapterOf(document) });
  }
  return loaded;
}

async function adapterOf({ name, file }: ContractDocument): Promise<Contract> {
  try {
    return await loadAdapter(name, file);
  } catch (reason) {
    throw new RefractError('document', reason instanceof Error ? reason.message : String(reason));
  }
}

let adminDocument: ContractDocument | undefined;

/** The document of the admin contract, which is read once: nobody edits it while it is served. @throws RefractError `document` */
export function loadAdminDocument(): ContractDocument {
  return (adminDocument ??= loadDocument(`${openapiFolder}/${adminName}.yaml`));
}

/** Whether a document is the operators' own. */
export function isAdmin({ name }: Pick<ContractDocument, 'name'>): boolean {
  return name === adminName;
}

/** What there is to mount without an engine: of a contract, or of the operators' own document. */
export function mountable(loaded: Loaded): Mountable {
  if (!('contract' in loaded)) return { document: loaded, mountAlone: mountAdminAlone };
  const { document, contract } = loaded;
  const unreached = contract.mounted(() => Promise.resolve({ kind: 'unavailable' }));
  return { document, mountAlone: (edited) => ({ document: edited, operations: unreached }) };
}

/** The contract of a name. @throws RefractError `configuration` where there is none, with those that there are */
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
export function withSettings(config: Config, contracts: readonly LoadedContract[]): readonly ServedContract[] {
  return contracts.map((loaded) => ({
    ...loaded,
    settings: resolveSettings(loaded.name, loaded.contract.defaults, config.contracts.get(loaded.name) ?? {}),
  }));
}

/** Holds every constant reply against its document, as a start does. @throws RefractError `document` */
export async function checkReplies(contracts: readonly LoadedContract[]): Promise<void> {
  const { checkReplies: check } = await import('../http/replies-check.ts');
  for (const loaded of contracts) check(mountable(loaded).mountAlone(loaded.document));
}
