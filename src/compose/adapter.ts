// Adapters, found by the name of their contract.
import { isContract, type Contract } from '../contracts/shared/contract.ts';
import { DocumentError } from '../http/documents/source.ts';

/** The contract that the adapter of a name defines. @param file of its document @throws DocumentError with one sentence */
export async function loadAdapter(name: string, file: string): Promise<Contract> {
  // As this file ends, in the clone (.ts) or built (.js), so does its neighbour.
  const path = `../contracts/${name}${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`;
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

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
